"""The command line. Each command imports what it needs itself, so that none waits for what it does not use."""

import asyncio
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from academics_app.core.config import PROJECT_ROOT, Settings, get_settings
from academics_app.core.errors import AppError
from academics_app.launcher.console import Console
from academics_app.launcher.errors import LaunchError

_T = TypeVar("_T")


class _Group(click.Group):
    """Ends a failure that the caller can act on as its sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (LaunchError, AppError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Academics: a student academics management system."""


@main.command()
def run() -> None:
    """Start everything on this machine: build, database, demo institute, web server."""
    from academics_app.launcher.supervisor import supervise

    supervise(_settings(), Console(), build=True)


@main.command()
def serve() -> None:
    """Serve a front end that is already built, on DATABASE_URL or else the embedded database."""
    from academics_app.launcher.supervisor import become_server, supervise

    settings = _settings()
    if settings.database_url:
        become_server(settings)
    supervise(settings, Console(), build=False)


@main.command()
def build() -> None:
    """Build the front end, unless nothing that it depends on has changed."""
    from academics_app.launcher.supervisor import build_frontend

    build_frontend(Console())


@main.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    from academics_app.launcher.database import for_command

    with for_command(_settings()):
        click.echo("The tables are up to date.")


@main.command()
@click.argument("message")
def makemigration(message: str) -> None:
    """Write a migration for what the models have and the database has not."""
    from academics_app.launcher import migrations
    from academics_app.launcher.database import for_command

    with for_command(_settings()) as url:
        click.echo(migrations.write_revision(url, message).relative_to(PROJECT_ROOT))


@main.command()
@click.option("--size", type=click.Choice(["small", "large", "huge"]), default="small", show_default=True)
def demo(size: Literal["small", "large", "huge"]) -> None:
    """Fill the database with an invented institute and print its logins."""
    from academics_app.demo import load_demo
    from academics_app.launcher import demo_logins

    def show(what: str, done: float) -> None:
        click.echo(f"  {done:>4.0%}  {what}")

    settings = _settings()
    demo_logins.save(settings.data_dir, _on_database(lambda: load_demo(size=size, progress=show)))
    for line in demo_logins.lines(settings.data_dir):
        click.echo(line)


@main.group(name="import")
def import_() -> None:
    """Bring in data from other systems."""


@import_.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--commit", is_flag=True, help="Store the result; without it, only report what would change.")
def oneroster(path: Path, *, commit: bool) -> None:
    """Import OneRoster 1.2 CSV files from a folder or a zip file."""
    from academics_app.transfer.cli import import_oneroster

    click.echo(_on_database(lambda: import_oneroster(path, commit=commit)))


@import_.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--commit", is_flag=True, help="Store the result; without it, only report what would change.")
@click.option("--map", "mapped", multiple=True, help="What a category means, such as --map Partial=late.")
@click.option("--unmentioned-present", is_flag=True, help="Who has no event in a session was present.")
def edfi(path: Path, *, commit: bool, mapped: tuple[str, ...], unmentioned_present: bool) -> None:
    """Import Ed-Fi XML files, attendance events among them, from a file, a folder or a zip file."""
    from academics_app.transfer.cli import import_edfi

    click.echo(
        _on_database(
            lambda: import_edfi(path, commit=commit, mapped=mapped, unmentioned_present=unmentioned_present)
        )
    )


@main.command("create-admin")
@click.option("--username", prompt=True)
@click.option("--name", prompt="Full name")
@click.password_option()
def create_admin(username: str, name: str, password: str) -> None:
    """Create a user who may do everything."""
    from academics_app.accounts.cli import create_admin as create

    _on_database(lambda: create(username=username, full_name=name, password=password))
    click.echo(f"{username} can sign in as an admin now.")


@main.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
def reset(*, yes: bool) -> None:
    """Delete the data folder: the embedded database, uploaded files, everything."""
    from academics_app.launcher.reset import delete_data, require_ours

    settings = _settings()
    require_ours(settings.data_dir)
    if not yes:
        click.confirm(f"Delete all data in {settings.data_dir}?", abort=True)
    delete_data(settings)
    click.echo("All data are deleted.")


@main.command()
def version() -> None:
    """Print the version."""
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]
    click.echo(f"{project['name']} {project['version']}")


def _settings() -> Settings:
    """The settings; one that does not hold is a sentence, not a traceback."""
    from pydantic import ValidationError

    try:
        return get_settings()
    except ValidationError as error:
        problems = [
            " ".join(
                [
                    *(str(part).upper() for part in problem["loc"]),
                    problem["msg"].removeprefix("Value error, "),
                ]
            )
            for problem in error.errors()
        ]
        raise LaunchError("; ".join(problems)) from error


def _on_database(work: Callable[[], Awaitable[_T]]) -> _T:
    """Run the work with the engine open on the migrated database."""
    from academics_app.core import db
    from academics_app.launcher.database import for_command

    async def with_engine(url: str) -> _T:
        db.open_engine(url)
        try:
            return await work()
        finally:
            await db.close_engine()

    with for_command(_settings()) as url:
        return asyncio.run(with_engine(url))
