"""The front-end build: made when something that it depends on has changed, and bound to no address.

Reflex bakes the API's address into the JavaScript. We build with a placeholder and replace it by the address in the
browser's bar, so one build serves behind any host name, port and scheme.
"""

import gzip
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from academics_app.core.config import PROJECT_ROOT
from academics_app.core.file_lock import FileLock
from academics_app.launcher.errors import LaunchError

_PLACEHOLDER = "api.invalid"
_BAKED_ADDRESS = re.compile(rf"""([`'"])(http|ws)://{re.escape(_PLACEHOLDER)}(?P<path>[^`'"]*)\1""")
_INPUTS = ("assets", "rxconfig.py", "requirements.txt", "requirements-build.txt")
_GENERATED = "assets/external/"


class Frontend:
    """The build of one source tree, in its `.web` folder."""

    def __init__(self, root: Path = PROJECT_ROOT) -> None:
        self._root = root
        self._web = root / ".web"
        self._stamp = self._web / "build.fingerprint"

    def is_current(self) -> bool:
        """Whether the build that is there was made from these sources."""
        return self._stamp.is_file() and self._stamp.read_text() == self.fingerprint()

    def ensure_built(self) -> bool:
        """Build unless the build is current; tells whether it built. Two processes never build at once."""
        if self.is_current():
            return False
        with FileLock(self._web / "build.lock"):
            if self.is_current():
                return False
            sources = self._sources_digest()
            self._stamp.unlink(missing_ok=True)
            self._export()
            bind_to_location(self._web / "build" / "client")
            self._stamp.write_text(self._with_lock_digest(sources))
        return True

    def fingerprint(self) -> str:
        """A digest of all that the build depends on: code, assets, settings, package versions."""
        return self._with_lock_digest(self._sources_digest())

    def _sources_digest(self) -> str:
        code = sorted((self._root / "academics_app").rglob("*.py"))
        return _digest(self._root, [*code, *self._files(_INPUTS)])

    def _with_lock_digest(self, sources: str) -> str:
        """The build itself may write the npm lock, so that part is read after it; an edit meanwhile is not lost."""
        return f"{sources} {_digest(self._root, self._files(['reflex.lock']))}\n"

    def _files(self, names: tuple[str, ...] | list[str]) -> Iterator[Path]:
        for name in names:
            path = self._root / name
            candidates = sorted(path.rglob("*")) if path.is_dir() else [path]
            yield from (
                file
                for file in candidates
                if file.is_file() and not file.relative_to(self._root).as_posix().startswith(_GENERATED)
            )

    def _export(self) -> None:
        result = subprocess.run(
            [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"],
            cwd=self._root,
            env=_build_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if result.returncode:
            raise LaunchError(f"The front end could not be built:\n\n{result.stdout.strip()[-4000:]}")


def bind_to_location(client: Path) -> None:
    """Make every baked API address follow the browser's address bar, in the files and their `.gz` twins."""
    for script in client.rglob("*.js"):
        text = script.read_text()
        if _PLACEHOLDER not in text:
            continue
        script.write_text(_BAKED_ADDRESS.sub(_follow_location, text))
        packed = script.with_name(f"{script.name}.gz")
        if packed.exists():
            packed.write_bytes(gzip.compress(script.read_bytes(), mtime=0))
    left = [
        path.relative_to(client).as_posix()
        for path in client.rglob("*")
        if path.suffix in {".js", ".html", ".json"} and _PLACEHOLDER in path.read_text()
    ]
    if left:
        raise LaunchError(f"The build still holds the address it was made with, in {', '.join(left)}")


def _follow_location(baked: re.Match[str]) -> str:
    origin = "location.origin" if baked[2] == "http" else 'location.origin.replace(/^http/,"ws")'
    return f'{origin}+"{baked["path"]}"'


def _build_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    programs = Path(sys.prefix) / "bin"
    if not (programs / "npm").exists():
        raise LaunchError("Building the front end needs Node.js: pip install -r requirements-build.txt")
    environment = {
        **inherited,
        "PATH": f"{programs}{os.pathsep}{inherited.get('PATH', os.defpath)}",
        "REFLEX_API_URL": f"http://{_PLACEHOLDER}",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_USE_NPM": "true",
        # Locks without download addresses, whatever registry this machine uses.
        "npm_config_omit_lockfile_registry_resolved": "true",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
    }
    # Reflex would choose a registry by its response time; npm's own configuration says which one it is.
    environment.setdefault("NPM_CONFIG_REGISTRY", _npm_registry(programs / "npm", environment))
    return environment


def _npm_registry(npm: Path, environment: Mapping[str, str]) -> str:
    command = [str(npm), "config", "get", "registry"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def _digest(root: Path, files: list[Path] | Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
