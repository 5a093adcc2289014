"""The rules of `docs/architecture.md` that a machine can check, over the syntax tree of the package."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "academics_app"
FEATURES = {
    "absences",
    "accounts",
    "attendance",
    "calendar_feeds",
    "check_in",
    "faculty",
    "home",
    "institute",
    "learning_sessions",
    "progress",
    "students",
    "subjects",
    "transfer",
}
DOORS = {"api", "screen_api", "websocket", "state", "pages", "components", "jobs", "cli"}
READS_OTHERS_TABLES = {"queries", "scope"}
"""Modules that may join other features' tables in a read; only a table's owner writes it."""
BULK_WRITERS = {"demo", "transfer"}
"""Writers of many tables at scale, by decision record."""
LONGEST_FILE = 500

MODULES = sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every imported module, `from a import b` as both `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def feature_of(path: Path) -> str | None:
    part = path.relative_to(PACKAGE).parts[0]
    return part if part in FEATURES else None


def layer_of(path: Path) -> str:
    """The module's name, or that of the folder which took its place: `api/figures.py` is `api`, `ui/today.py` a page.

    `home` holds nothing but screens.
    """
    parts = path.relative_to(PACKAGE).parts
    if "ui" in parts or parts[0] == "home":
        return "pages"
    return parts[1] if len(parts) > 2 and parts[1] in {"api", "queries", "schemas"} else path.stem


def violations(check) -> list[str]:  # noqa: ANN001
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in MODULES
        for name, line in imports(path)
        if name.startswith(("academics_app", "sqlalchemy", "sqlmodel", "reflex")) and check(path, name)
    ]


def test_core_imports_no_feature_and_no_reflex() -> None:
    def wrong(path: Path, name: str) -> bool:
        if path.relative_to(PACKAGE).parts[0] != "core":
            return False
        return name.startswith("reflex") or (
            name.startswith("academics_app.") and not name.startswith("academics_app.core")
        )

    assert violations(wrong) == []


def test_a_feature_leaves_the_inside_of_others_alone() -> None:
    inside = {"models", "queries", "state", "pages"}

    def wrong(path: Path, name: str) -> bool:
        own = feature_of(path)
        parts = name.split(".")
        if own is None or len(parts) < 3 or parts[1] not in FEATURES or parts[1] == own:
            return False
        if own in BULK_WRITERS and parts[2] == "models":
            return False
        if layer_of(path) in READS_OTHERS_TABLES and parts[2] == "models":
            return False
        return parts[2] in inside

    assert violations(wrong) == []


def test_doors_hold_no_sql() -> None:
    allowed = ("sqlalchemy.ext.asyncio", "sqlalchemy.exc")

    def wrong(path: Path, name: str) -> bool:
        if feature_of(path) is None or layer_of(path) not in DOORS - {"jobs", "cli"}:
            return False
        is_sql = name.split(".", maxsplit=1)[0] in {"sqlalchemy", "sqlmodel"} and not name.startswith(allowed)
        return is_sql or name.endswith(".queries")

    assert violations(wrong) == []


def test_only_doors_know_reflex() -> None:
    def wrong(path: Path, name: str) -> bool:
        if name.split(".", maxsplit=1)[0] != "reflex":
            return False
        top = path.relative_to(PACKAGE).parts[0]
        return top != "ui" and path.stem != "academics_app" and layer_of(path) not in DOORS

    assert violations(wrong) == []


def test_no_door_is_imported_from_behind() -> None:
    """Core ← models, queries, rules, service ← api, state, pages, jobs ← the composition roots."""
    roots = {"academics_app", "app", "cli", "__main__", "scheduler"}

    def wrong(path: Path, name: str) -> bool:
        parts = name.split(".")
        if (
            len(parts) < 3
            or parts[1] not in FEATURES
            or parts[2] not in {"api", "state", "pages", "websocket"}
        ):
            return False
        return path.stem not in roots and layer_of(path) not in DOORS

    assert violations(wrong) == []


def test_only_the_transaction_commits() -> None:
    commits = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    allowed = {"academics_app/core/db.py"}
    assert {place.split(":")[0] for place in commits} <= allowed, commits


def test_a_flush_has_a_reason() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in MODULES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "session.flush()" in line and "#" not in line and feature_of(path) not in BULK_WRITERS
    ]
    assert silent == []


def test_files_stay_readable() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for folder in ("academics_app", "tests", "benchmarks", "assets")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".js", ".jsx", ".css"} and "node_modules" not in path.parts
    }
    assert {path: size for path, size in sizes.items() if size > LONGEST_FILE} == {}


SERVICES = sorted(
    path for path in MODULES if feature_of(path) and path.stem == "service" and path.stat().st_size
)
ANONYMOUS = {
    "register_student",
    "accept_invitation",
    "needs_setup",
    "create_first_admin",
    "current_settings",
    "open_import",
    "open_oneroster",
    "student_names",
}
"""Service functions that are called before there is an actor, or that tell nothing which needs one."""


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.parent.name)
def test_services_ask_who_is_asking(path: Path) -> None:
    """`async def verb(session, *, actor, …)`; the actor has no default, so that nobody can forget to pass it."""
    module = import_module(module_name(path))
    for name, function in inspect.getmembers(module, inspect.iscoroutinefunction):
        if name.startswith("_") or function.__module__ != module.__name__ or name in ANONYMOUS:
            continue
        parameters = inspect.signature(function).parameters
        assert next(iter(parameters)) == "session", f"{name} takes the session first"
        assert "actor" in parameters, f"{name} does not ask who is asking"
        actor = parameters["actor"]
        assert actor.kind is inspect.Parameter.KEYWORD_ONLY, name
        assert actor.default is inspect.Parameter.empty, name
