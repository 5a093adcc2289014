"""Accounts from the command line."""

import click
from pydantic import ValidationError

from academics_app.accounts import service
from academics_app.accounts.schemas import AdminCreate
from academics_app.core.actor import Door, system_actor
from academics_app.core.db import transaction
from academics_app.core.errors import InvalidInput


async def create_admin(*, username: str, full_name: str, password: str) -> None:
    """Make an admin who may sign in at once; says so."""
    try:
        data = AdminCreate(username=username, full_name=full_name, password=password)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{first['loc'][0]}: {first['msg']}") from error
    async with transaction() as session:
        user = await service.create_admin(session, actor=system_actor(Door.COMMAND_LINE), data=data)
    click.echo(f"{user.full_name} can sign in as {user.username}.")
