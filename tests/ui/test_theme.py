"""The tokens' contrast, computed by WCAG's formula: 4.5 for text, 3 for the edge of a control and the focus ring."""

import re

import pytest

from academics_app.core.config import PROJECT_ROOT

STYLES = (PROJECT_ROOT / "assets/academics.css").read_text()
STATUSES = ("present", "absent", "late", "excused", "untaken")
GROUNDS = ("bg", "bg-subtle", "bg-hover", "bg-selected", "bg-raised")


def _tokens(selector: str) -> dict[str, str]:
    block = STYLES[STYLES.index(f"{selector} {{") :]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block[: block.index("\n}")]))


LIGHT = _tokens(":root")
THEMES = {"light": LIGHT, "dark": LIGHT | _tokens(":root.dark")}
PAIRS = [
    *((text, ground, 4.5) for text in ("text", "text-muted", "accent", "link") for ground in GROUNDS),
    *((status, ground, 4.5) for status in STATUSES for ground in (*GROUNDS, f"{status}-bg")),
    *(("on-solid", f"{status}-solid", 4.5) for status in STATUSES),
    ("on-solid", "accent-solid", 4.5),
    ("on-solid", "accent-solid-hover", 4.5),
    *(("border-control", ground, 3.0) for ground in ("bg", "bg-raised")),
    *(("focus", ground, 3.0) for ground in GROUNDS),
]


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_pair_can_be_read(theme: str) -> None:
    tokens = THEMES[theme]
    too_weak = {
        f"{text} on {ground}": round(_contrast(tokens[text], tokens[ground]), 2)
        for text, ground, least in PAIRS
        if _contrast(tokens[text], tokens[ground]) < least
    }

    assert too_weak == {}


def test_dark_theme_says_every_colour_again() -> None:
    assert set(_tokens(":root.dark")) == set(LIGHT)


def test_colours_are_said_in_the_tokens_only() -> None:
    after = STYLES[STYLES.index("/* ---- ground ---- */") :]

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", after) == []
