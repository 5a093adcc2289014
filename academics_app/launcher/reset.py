"""Deleting the data folder."""

import shutil
from pathlib import Path

from academics_app.core import embedded_postgres
from academics_app.core.config import PROJECT_ROOT, Settings
from academics_app.launcher.errors import LaunchError
from academics_app.launcher.instance import Instance


def require_ours(data_dir: Path) -> None:
    """Refuse a folder that does not hold our database, or that holds more than data.

    Raises:
        LaunchError: It must not be deleted.
    """
    resolved = data_dir.resolve()
    if resolved in {Path.home(), PROJECT_ROOT, *PROJECT_ROOT.parents}:
        raise LaunchError(f"{resolved} is not a data folder")
    if not (resolved / "postgres" / embedded_postgres.SETTINGS_FILE).is_file():
        raise LaunchError(f"{resolved} holds no database of this product; nothing was deleted")


def delete_data(settings: Settings) -> None:
    """Stop a database that was left running, and delete all data.

    Raises:
        LaunchError: The product or a command is using the folder, or it is not ours.
    """
    require_ours(settings.data_dir)
    instance = Instance(settings.data_dir)
    instance.claim()
    try:
        directory = settings.data_dir / "postgres"
        embedded_postgres.start(directory).stop()
        if embedded_postgres.is_running(directory):
            raise LaunchError("Another command is using the database; nothing was deleted")
        shutil.rmtree(settings.data_dir)
    finally:
        instance.release()
