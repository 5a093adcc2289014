"""The code, its life, and the choices that need no database."""

from datetime import UTC, datetime, timedelta

import pytest

from academics_app.check_in.rules import (
    ALPHABET,
    CODE_LENGTH,
    Fit,
    KioskDelay,
    WindowState,
    code_for,
    fit,
    plain_code,
    step_at,
    step_ends_at,
    suggested_mark,
    window_state,
)

SECRET = bytes(range(32))
STEP_BEGINS = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CODE = code_for(SECRET, 431, step_at(STEP_BEGINS))


def test_a_code_is_six_characters_without_lookalikes() -> None:
    codes = {code_for(SECRET, 431, step) for step in range(2000)}
    assert len(codes) > 1990, "the codes must spread over the whole space"
    assert all(len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) for code in codes)
    assert not set("ILOU") & set(ALPHABET)


def test_a_code_belongs_to_its_secret_session_and_step() -> None:
    step = step_at(STEP_BEGINS)
    assert (
        len(
            {
                CODE,
                code_for(b"x" * 32, 431, step),
                code_for(SECRET, 432, step),
                code_for(SECRET, 431, step + 1),
            }
        )
        == 4
    )


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-0.001, Fit.WRONG),
        (0, Fit.VALID),
        (14.999, Fit.VALID),
        (15, Fit.VALID),
        (29.999, Fit.VALID),
        (30, Fit.EXPIRED),
        (3599.999, Fit.EXPIRED),
        (3600, Fit.WRONG),
    ],
)
def test_a_code_lives_for_its_step_and_the_next(seconds: float, expected: Fit) -> None:
    assert fit(SECRET, 431, CODE, at=STEP_BEGINS + timedelta(seconds=seconds)) is expected


def test_a_code_changes_at_the_step_boundary() -> None:
    last = STEP_BEGINS + timedelta(seconds=14.999)
    assert step_at(last) == step_at(STEP_BEGINS) != step_at(STEP_BEGINS + timedelta(seconds=15))
    assert step_ends_at(STEP_BEGINS) == step_ends_at(last) == STEP_BEGINS + timedelta(seconds=15)


@pytest.mark.parametrize("typed", ["0o1-il", " 0O1IL ", "00 1\u00a011"])
def test_a_code_may_be_typed_as_it_is_read(typed: str) -> None:
    assert plain_code(typed) == "00111"


@pytest.mark.parametrize("typed", ["", "😀", "ß", "A" * 60, CODE + CODE, "\ud800"])
def test_nonsense_is_wrong_and_not_a_crash(typed: str) -> None:
    assert fit(SECRET, 431, typed, at=STEP_BEGINS) is Fit.WRONG


@pytest.mark.parametrize(
    ("minutes", "cancelled", "closes", "expected"),
    [
        (-16, "", 60, WindowState.TOO_EARLY),
        (-15, "", 60, WindowState.OPEN),
        (-15, "", None, WindowState.CLOSED),
        (30, "", 60, WindowState.OPEN),
        (30, "", 30, WindowState.CLOSED),
        (30, "cancelled", 60, WindowState.CANCELLED),
        (59.9, "", 60, WindowState.OPEN),
        (60, "", 90, WindowState.OVER),
    ],
)
def test_a_window_goes_by_the_session(
    minutes: float, cancelled: str, closes: int | None, expected: WindowState
) -> None:
    state = window_state(
        at=STEP_BEGINS + timedelta(minutes=minutes),
        is_cancelled=cancelled == "cancelled",
        starts_at=STEP_BEGINS,
        ends_at=STEP_BEGINS + timedelta(hours=1),
        closes_at=STEP_BEGINS + timedelta(minutes=closes) if closes is not None else None,
        minutes_before=15,
    )
    assert state is expected


def test_a_late_check_in_suggests_late() -> None:
    assert suggested_mark(STEP_BEGINS + timedelta(minutes=5, seconds=59), STEP_BEGINS, 5) == "present"
    assert suggested_mark(STEP_BEGINS + timedelta(minutes=6), STEP_BEGINS, 5) == "late"


def test_a_kiosk_waits_longer_after_each_failure() -> None:
    delay = KioskDelay()
    assert [delay.seconds(failures) for failures in (1, 9, 10, 11, 12, 16, 17, 18, 1000)] == [
        0, 0, 2, 4, 8, 128, 256, 300, 300,
    ]  # fmt: skip
