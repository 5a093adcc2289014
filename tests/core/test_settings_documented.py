"""`.env.example` is the settings' documentation, so it may not fall behind them."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from academics_app.core.config import PROJECT_ROOT, Settings

EXAMPLE_FILE = PROJECT_ROOT / ".env.example"
EXAMPLE = EXAMPLE_FILE.read_text()
ASSIGNMENT = re.compile(r"^(# )?([A-Z_]+)=(.*)$", re.MULTILINE)
NOT_FROM_THE_FILE = {"data_dir", "secure_cookies"}
"""Commented out there: their defaults depend on other things."""


def test_every_setting_is_documented_and_no_other() -> None:
    assert {name.lower() for _, name, _ in ASSIGNMENT.findall(EXAMPLE)} == set(Settings.model_fields)


def test_every_setting_has_a_line_that_explains_it() -> None:
    lines = EXAMPLE.splitlines()
    unexplained = [
        line for before, line in pairwise(["", *lines])
        if ASSIGNMENT.match(line) and not re.match(r"# .{10,}", before)
    ]  # fmt: skip
    assert unexplained == []


class DocumentedSettings(Settings):
    model_config = SettingsConfigDict(env_file=EXAMPLE_FILE)


def test_the_example_holds_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    from_file = DocumentedSettings()

    for name, field in Settings.model_fields.items():
        if name not in NOT_FROM_THE_FILE:
            assert getattr(from_file, name) == field.get_default(call_default_factory=True), name


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_usual_spelling_of_a_database_address_is_read(scheme: str) -> None:
    assert (
        Settings(database_url=f"{scheme}://me@db/academics").database_url
        == "postgresql+psycopg://me@db/academics"
    )


def test_production_without_a_real_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="SECRET_KEY"):
        Settings(environment="production", secret_key=SecretStr("short"))


def test_several_web_processes_need_redis() -> None:
    with pytest.raises(ValueError, match="REDIS_URL"):
        Settings(web_workers=2, redis_url="")


def test_durations_are_iso_8601() -> None:
    assert Settings.model_validate({"access_token_lifetime": "PT20M"}).access_token_lifetime == timedelta(
        minutes=20
    )
