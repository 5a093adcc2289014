"""The committed locks: every version pinned, and nothing of the machine that wrote them."""

import json
import re

import pytest

from academics_app.core.config import PROJECT_ROOT

PINNED = re.compile(r"[a-z0-9-]+(\[[a-z,]+\])?==[\w.]+( ; .+)?")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-build.txt", "requirements-dev.txt"])
def test_python_packages_are_pinned_without_addresses(name: str) -> None:
    lines = (PROJECT_ROOT / name).read_text().splitlines()
    assert lines
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


def test_npm_packages_are_pinned_by_their_content_without_addresses() -> None:
    lock = json.loads((PROJECT_ROOT / "reflex.lock" / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == []
