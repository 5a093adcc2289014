"""What is measured: three requests, each for many sessions or students, by the faculty member concerned."""

import json
import time
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.authentication import Device, issue_pair, open_sign_in
from academics_app.accounts.models import User
from academics_app.core.actor import Door
from academics_app.core.db import transaction

CLASS_SIZE = 30
TARGETS = 48
"""How many different registers and students the clients turn between."""
_STAMP = b"00000000-0000"
"""How each mark_id in a prepared body begins."""

_stamps = count(int(time.time()) << 12)

_REGISTERS = """
SELECT s.id, s.faculty_id, min(u.id) AS user_id, array_agg(a.student_id ORDER BY a.student_id) AS student_ids
FROM learning_session s
JOIN attendance a ON a.session_id = s.id
JOIN user_account u ON u.faculty_id = s.faculty_id
WHERE s.register_taken_at IS NOT NULL AND s.substitute_for_id IS NULL
GROUP BY s.id HAVING count(*) = :size ORDER BY s.starts_at DESC LIMIT :targets
"""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    token: str
    body: str = ""

    def encoded(self, host: str) -> bytes:
        """The bytes on the wire."""
        body = self.body.encode()
        head = [
            f"{self.method} {self.path} HTTP/1.1",
            f"Host: {host}",
            f"Authorization: Bearer {self.token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    key: str
    most_statements: int
    requests: list[Request]


def stamped(request: bytes) -> bytes:
    """The request with mark_ids that were never used: the ledger takes each only once."""
    stamp = f"{next(_stamps):012x}"
    return request.replace(_STAMP, f"{stamp[:8]}-{stamp[8:]}".encode())


async def prepare() -> list[Scenario]:
    """The scenarios, with tokens of sign-ins that are made here."""
    async with transaction() as session:
        registers = (await session.execute(text(_REGISTERS), {"size": CLASS_SIZE, "targets": TARGETS})).all()
        tokens: dict[int, str] = {}
        for user_id in sorted({row.user_id for row in registers}):
            tokens[user_id] = await issue_access_token(session, user_id)
        last_day = await session.scalar(
            text("SELECT max(local_date) FROM learning_session WHERE register_taken_at IS NOT NULL")
        )
    if last_day is None or len(registers) < TARGETS:
        raise RuntimeError(f"only {len(registers)} registers of {CLASS_SIZE}")
    return [
        Scenario(
            f"Bulk save of a class of {CLASS_SIZE}",
            "bulk",
            6,
            [
                _bulk(row.id, row.student_ids, tokens[row.user_id], turn)
                for turn in range(2)
                for row in registers
            ],
        ),
        Scenario(
            "Roster read",
            "roster",
            3,
            [
                Request("GET", f"/api/v1/attendance/session/{row.id}/register", tokens[row.user_id])
                for row in registers
            ],
        ),
        Scenario(
            "A student's year summary",
            "summary",
            3,
            [
                _summary(row.student_ids[number % CLASS_SIZE], tokens[row.user_id], last_day)
                for number, row in enumerate(registers)
            ],
        ),
    ]


def _bulk(session_id: int, student_ids: list[int], token: str, turn: int) -> Request:
    """Save the whole class; in the second turn others are absent, so that a save always changes something."""
    marks = [
        {
            "mark_id": f"{_STAMP.decode()}-4000-8000-{position:012d}",
            "student_id": student_id,
            "status": "absent" if position % 10 == turn else "present",
        }
        for position, student_id in enumerate(student_ids)
    ]
    take = {"command_id": str(UUID(int=session_id)), "student_ids": student_ids}
    body = json.dumps({"session_id": session_id, "marks": marks, "take_register": take})
    return Request("POST", "/api/v1/attendance/bulk", token, body)


def _summary(student_id: int, token: str, last_day: date) -> Request:
    first_day = last_day - timedelta(days=364)
    path = f"/api/v1/attendance/student/{student_id}?start_date={first_day}&end_date={last_day}"
    return Request("GET", path, token)


async def issue_access_token(session: AsyncSession, user_id: int) -> str:
    """The access token of a new sign-in."""
    signed_in = await open_sign_in(
        session, user=await session.get_one(User, user_id), device=Device(Door.REST)
    )
    return issue_pair(signed_in).access_token
