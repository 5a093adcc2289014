"""Search that forgives typing errors, accents, punctuation and the order of words.

A table that is searched keeps `search_text`, written by `normalise`, with what people look for first at its beginning
(so that ordering by it sorts by name); where it may grow large, under a GIN index with `gin_trgm_ops`.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    false,
    func,
    inspect,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased

from academics_app.core.pagination import PageRequest

S = TypeVar("S", bound=Select[Any])

FEW = 5
"""With fewer exact hits than this, a search shows similar spellings too."""

_LONGEST_QUERY = 100
_MOST_WORDS = 6
_SHORTEST_FORGIVEN = 3
_SHORTEST_RESEMBLING = 5
_SINGLE_EDIT_SCORE = 0.8
_BEYOND_LATIN = 0x2E80
"""Scripts from here on are written without spaces between words, so a hit may begin anywhere."""

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
    | dict.fromkeys("'’‘`´ʼ")
    | dict.fromkeys('-‐‑–—/\\(),;:+"“”|*', " ")
)


def normalise(*parts: str | None) -> str:
    """Lower case without accents and punctuation, single spaces: what is stored and what is looked for."""
    text = " ".join(part for part in parts if part).replace("\x00", "")
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    words = (word.strip(".") for word in bare.translate(_LETTERS).split())
    return " ".join(word for word in words if word)


def digits(phone: str | None) -> str:
    """A phone number as one word for `normalise`, however it is grouped."""
    return "".join(char for char in phone or "" if char.isdecimal())


def matches(column: Mapped[str], query: str) -> ColumnElement[bool]:
    """Rows that have, for every word of the query, a word that begins with it. An empty query matches all."""
    return and_(true(), *(_has(column, word) for word in _words(query)))


def resembles(column: Mapped[str], query: str) -> ColumnElement[bool]:
    """Rows that match but for typing errors: a letter wrong, missing, doubled or swapped, or more in a long word."""
    return and_(true(), *(_has_similar(column, word) for word in _words(query)))


def relevance(column: Mapped[str], query: str) -> ColumnElement[float]:
    """Order by it descending. Meant for the rows that were found: it is slow on a whole table."""
    words = _words(query)
    if not words:
        return literal(0.0)
    score: ColumnElement[float] = func.word_similarity(normalise(query[:_LONGEST_QUERY]), column)
    for word in words:
        score = score + case(
            (_has(column, word), 1.0), (_is_one_edit_away(column, word), _SINGLE_EDIT_SCORE), else_=0.0
        )
    return score


async def narrow(session: AsyncSession, statement: S, column: Mapped[str], query: str) -> S:
    """The statement limited to what the query finds; similar spellings are let in where exact hits are few.

    Adds no order. Executes one statement, none for an empty query.
    """
    if not _words(query):
        return statement
    exact = statement.where(matches(column, query))
    probe = exact.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(FEW)
    if len((await session.execute(probe)).all()) == FEW:
        return exact
    return statement.where(resembles(column, query))


async def fetch_page(
    session: AsyncSession, statement: Any, page: PageRequest, *, query: str
) -> tuple[Sequence[Any], int]:
    """The page's rows, with one column more than the statement's when there is a query, and the size of the whole.

    What a search costs is finding the rows, so it counts them on the way; without one, counting apart is cheaper.
    """
    part = statement.offset(page.skip).limit(page.limit)
    if _words(query):
        rows = (await session.execute(part.add_columns(func.count().over().label("total")))).all()
        if rows or not page.skip:
            return rows, rows[0].total if rows else 0
    else:
        rows = (await session.execute(part)).all()
    counted = statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    return rows, await session.scalar(counted) or 0


def _words(query: str) -> list[str]:
    words = normalise(query[:_LONGEST_QUERY]).split()[:_MOST_WORDS]
    return [word.lstrip("0") or "0" if word.isdecimal() else word for word in words]


def _has(column: Mapped[str], word: str) -> ColumnElement[bool]:
    if word.isdecimal() or any(ord(char) >= _BEYOND_LATIN for char in word):
        return column.contains(word, autoescape=True)
    return or_(column.startswith(word, autoescape=True), column.contains(f" {word}", autoescape=True))


def _has_similar(column: Mapped[str], word: str) -> ColumnElement[bool]:
    similar = [column.contains(word, autoescape=True), _is_one_edit_away(column, word)]
    if len(word) >= _SHORTEST_RESEMBLING and word.isalpha():
        similar.append(_has_resembling(column, word))
    return or_(*similar)


def _has_resembling(column: Mapped[str], word: str) -> ColumnElement[bool]:
    """As a subquery of its own it runs on the trigram index; in an OR it would be computed for every row."""
    assert isinstance(column, InstrumentedAttribute)  # noqa: S101 - Mapped is its name to type checkers
    other = aliased(column.class_)
    key = inspect(column.class_).primary_key[0].key
    found = select(getattr(other, key)).where(literal(word).op("<%")(getattr(other, column.key)))
    return getattr(column.class_, key).in_(found)


def _is_one_edit_away(column: Mapped[str], word: str) -> ColumnElement[bool]:
    """A whole word differs from `word` by one letter wrong, missing or added, or two neighbours swapped."""
    if len(word) < _SHORTEST_FORGIVEN or not word.isalpha():
        return false()
    # One edit leaves one end of the word alone, two letters of it in a longer word: a cheap test that spares most
    # rows the regular expression.
    first, last = word[: 2 if len(word) >= _SHORTEST_RESEMBLING else 1], word[-2:]
    plausible = or_(
        column.startswith(first),
        column.contains(f" {first}"),
        column.endswith(last),
        column.contains(f"{last} "),
    )
    return case((plausible, column.regexp_match(_one_edit_pattern(word))), else_=false())


def _one_edit_pattern(word: str) -> str:
    length = len(word)
    letters = [re.escape(letter) for letter in word]
    added = ["".join([*letters[:at], ".?", *letters[at:]]) for at in range(length + 1)]
    changed = ["".join([*letters[:at], ".?", *letters[at + 1 :]]) for at in range(length)]
    swapped = [
        "".join([*letters[:at], letters[at + 1], letters[at], *letters[at + 2 :]]) for at in range(length - 1)
    ]
    return rf"\m({'|'.join(dict.fromkeys([*added, *changed, *swapped]))})\M"
