"""How long a whole institute's OneRoster import takes: `python benchmarks/oneroster_import.py [students]`.

Makes a bundle of invented people, previews it and imports it into a database that is thrown away, then imports the
same file again. Uses the embedded PostgreSQL, or a new database on the server in DATABASE_URL.
"""

import asyncio
import csv
import io
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CLASSES_PER_STUDENT = 3
STUDENTS_PER_CLASS = 30
STUDENTS_PER_TEACHER = 25
STUDENTS_PER_SCHOOL = 5000
GUARDIANS_PER_STUDENT = 0.5
GOAL_SECONDS = 60

_USER_HEADER = (
    "sourcedId,enabledUser,orgSourcedIds,role,username,givenName,familyName,identifier,email,phone,"
    "agentSourcedIds,password"
)
_SURNAMES = (
    "Adler",
    "Berg",
    "Castro",
    "Dahl",
    "Evans",
    "Färber",
    "Gómez",
    "Haas",
    "Ito",
    "Jansen",
    "Kaya",
    "Łuczak",
)
_GIVEN = (
    "Ada",
    "Ben",
    "Chloé",
    "Dev",
    "Eva",
    "Finn",
    "Gül",
    "Hana",
    "Ivo",
    "Jin",
    "Kai",
    "Lea",
    "Max",
    "Nia",
)


def make_roster(students: int) -> bytes:
    """A OneRoster 1.1 zip with so many students, three classes each."""
    schools = max(1, students // STUDENTS_PER_SCHOOL)
    teachers = max(1, students // STUDENTS_PER_TEACHER)
    classes = max(CLASSES_PER_STUDENT, students * CLASSES_PER_STUDENT // STUDENTS_PER_CLASS)
    courses = max(1, classes // 10)
    guardians = int(students * GUARDIANS_PER_STUDENT)
    files: dict[str, tuple[str, Iterator[Sequence[Any]]]] = {
        "manifest": (
            "propertyName,value",
            iter([("oneroster.version", "1.1"), *((f"file.{name}", "bulk") for name in ("orgs", "users", "classes"))]),
        ),
        "orgs": (
            "sourcedId,name,type,identifier",
            ((f"org-{n}", f"School {n}", "school", f"SC{n}") for n in range(schools)),
        ),
        "academicSessions": (
            "sourcedId,title,type,startDate,endDate",
            iter([("term-1", "Autumn", "term", "2026-09-01", "2026-12-18")]),
        ),
        "courses": (
            "sourcedId,title,courseCode,orgSourcedId",
            ((f"course-{n}", f"Course {n}", f"C{n:04}", "org-0") for n in range(courses)),
        ),
        "classes": (
            "sourcedId,title,courseSourcedId,classCode,schoolSourcedId,termSourcedIds",
            (
                (f"class-{n}", f"Course {n % courses}, group {n}", f"course-{n % courses}", f"G{n:05}",
                 f"org-{n % schools}", "term-1")
                for n in range(classes)
            ),
        ),
        "users": (
            _USER_HEADER,
            _users(students, teachers, guardians, schools),
        ),
        "demographics": (
            "sourcedId,birthDate,sex",
            ((f"student-{n}", f"{2008 + n % 6}-{1 + n % 12:02}-{1 + n % 28:02}", "female") for n in range(students)),
        ),
        "enrollments": (
            "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
            _enrollments(students, teachers, classes, schools),
        ),
    }  # fmt: skip
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (header, rows) in files.items():
            text = io.StringIO(newline="")
            text.write(header + "\r\n")
            csv.writer(text).writerows(rows)
            archive.writestr(f"{name}.csv", text.getvalue())
    return target.getvalue()


def _users(students: int, teachers: int, guardians: int, schools: int) -> Iterator[Sequence[Any]]:
    for role, number in (("teacher", teachers), ("student", students), ("parent", guardians)):
        for n in range(number):
            given, family = _GIVEN[n % len(_GIVEN)], f"{_SURNAMES[n % len(_SURNAMES)]}{n}"
            agents = f"student-{n}" if role == "parent" else ""
            yield (
                f"{role}-{n}", "true", f"org-{n % schools}", role, f"{role}.{n}", given, family, f"{role[0].upper()}{n}",
                f"{role}.{n}@example.org", f"+1 555 {n:07}", agents, "not read",
            )  # fmt: skip


def _enrollments(students: int, teachers: int, classes: int, schools: int) -> Iterator[Sequence[Any]]:
    for n in range(classes):
        yield (
            f"t-{n}",
            f"class-{n}",
            f"org-{n % schools}",
            f"teacher-{n % teachers}",
            "teacher",
            "true",
            "",
            "",
        )
    for n in range(students):
        for turn in range(CLASSES_PER_STUDENT):
            group = (n * CLASSES_PER_STUDENT + turn) % classes
            yield (
                f"e-{n}-{turn}", f"class-{group}", f"org-{group % schools}", f"student-{n}", "student", "",
                "2026-09-01", "",
            )  # fmt: skip


async def measure(url: str, students: int) -> float:
    """Import twice and print the times; the seconds of preview and import together."""
    from academics_app.core import db
    from academics_app.core.actor import Door, system_actor
    from academics_app.transfer.service import commit_oneroster, preview_oneroster

    source = make_roster(students)
    print(
        f"{students:,} students, {students * CLASSES_PER_STUDENT:,} enrolments; {len(source) / 2**20:.1f} MB zip"
    )
    admin = system_actor(Door.COMMAND_LINE)
    db.open_engine(url)
    total = 0.0
    try:
        for turn in ("first time", "same file again"):
            started = time.perf_counter()
            async with db.reading() as session:
                preview = await preview_oneroster(session, actor=admin, source=source)
            previewed = time.perf_counter()
            async with db.transaction() as session:
                await commit_oneroster(session, actor=admin, source=source, expected_digest=preview.digest)
            done = time.perf_counter()
            print(
                f"  {turn:<16} preview {previewed - started:5.1f} s   import {done - previewed:5.1f} s   "
                f"created {preview.created:,}  changed {preview.changed:,}  refused {preview.refused:,}"
            )
            total = total or done - started
    finally:
        await db.close_engine()
    print(f"  preview and import together {total:.1f} s (goal: under {GOAL_SECONDS} s)")
    return total


@contextmanager
def throwaway_database() -> Iterator[str]:
    """An empty migrated database: on the server in DATABASE_URL, else on an embedded one."""
    from academics_app.core import embedded_postgres
    from academics_app.launcher import migrations

    given = os.environ.get("DATABASE_URL")
    if not given:
        with tempfile.TemporaryDirectory(prefix="academics-bench-") as folder:
            server = embedded_postgres.start(Path(folder) / "postgres")
            server.ensure_database("bench")
            migrations.upgrade(server.url("bench"))
            yield server.url("bench")
            server.stop()
        return
    import psycopg
    from psycopg import sql
    from sqlalchemy import make_url

    name = f"bench_{os.getpid()}"
    database = sql.Identifier(name)
    with psycopg.connect(migrations.libpq_url(given), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
        try:
            url = make_url(given).set(database=name).render_as_string(hide_password=False)
            migrations.upgrade(url)
            yield url
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


def main() -> None:
    """Measure, and fail when the goal is missed."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    os.environ.setdefault("ENVIRONMENT", "test")
    with throwaway_database() as url:
        seconds = asyncio.run(measure(url, students))
    sys.exit(seconds > GOAL_SECONDS)


if __name__ == "__main__":
    main()
