"""Codes that people read out and write down, such as S-00431, given in order where nobody chose one."""

import re

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

_LONGEST_NUMBER = 12


async def free_code(
    session: AsyncSession, column: Mapped[str], *, prefix: str, width: int, wanted: str | None
) -> str:
    """`wanted`, or the number after the highest that was given under the prefix.

    Whoever takes a numbered code waits here for the others of its kind until their transactions end, so two people
    never get the same one. That a wanted code is free is for the column's unique key to say.
    """
    numbered = rf"^{re.escape(prefix)}-(\d{{1,{_LONGEST_NUMBER}}})$"
    if wanted is not None and not re.match(numbered, wanted):
        return wanted
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"code:{column}"))))
    if wanted is not None:
        return wanted
    highest = select(func.max(cast(func.substring(column, numbered), BigInteger)))
    return f"{prefix}-{(await session.scalar(highest) or 0) + 1:0{width}d}"
