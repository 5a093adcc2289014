"""The demo institute's logins, kept in the data folder so that every start can show them."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from academics_app.demo import DemoLogin


def save(data_dir: Path, logins: Iterable["DemoLogin"]) -> None:
    """Keep the logins. They open invented data alone, yet nobody else on the machine needs to read them."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "demo_logins.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps([asdict(login) for login in logins]))


def lines(data_dir: Path) -> list[str]:
    """One line for each role's login; none where no demo institute was loaded."""
    with suppress(FileNotFoundError):
        logins = json.loads((data_dir / "demo_logins.json").read_text())
        return [f"{login['role']:<12}{login['username']:<14}{login['password']}" for login in logins]
    return []
