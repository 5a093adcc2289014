"""Whatever the files hold, the import does what its plan says, no more and no less, and a second time nothing."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Door, system_actor
from academics_app.transfer import service
from academics_app.transfer.edfi.choices import AttendanceChoices
from academics_app.transfer.lookup import plain
from academics_app.transfer.models import ImportedRecord
from academics_app.transfer.oneroster.bundle import read_bundle
from academics_app.transfer.oneroster.plan import Action, Kind, Plan, Ref
from academics_app.transfer.progress import silent
from academics_app.transfer.schemas import preview_of
from academics_app.transfer.tables import COLUMNS, MODELS
from tests.transfer.bundles import Rows, bundle

ADMIN = system_actor(Door.COMMAND_LINE)


def mostly(*good: str, bad: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """One of the good values nine times in ten."""
    return st.sampled_from([*good * (9 * len(bad) // len(good) + 1), *bad])


STATUSES = mostly("", "active", bad=("tobedeleted", "inactive", "weird"))
BEGINS = mostly("", "2026-09-01", "2026-10-01", "2026-10-02", bad=("13/09/2026", "1/2/2026", "no"))
ENDS = mostly("", "2026-09-30", "2026-10-31", "2026-12-18T00:00:00Z", bad=("2026-08-01", "32/1/2026"))
NAMES = mostly(
    "Ann", "Bob", "Zoé", "tab\there", "back\\slash", "\\N", "line\nbreak", 'quote"d', bad=("", "x" * 201)
)
CODES = mostly("", "A1", "A2", "A3", "A4", "A5", bad=("y" * 61,))


def pick(prefix: str, number: int, *bad: str) -> st.SearchStrategy[str]:
    return mostly(*(f"{prefix}{n}" for n in range(number)), bad=bad)


ROLE = mostly("student", "student", "student", "teacher", "parent", bad=("administrator", ""))
ROLES = {
    **{f"u{n}": mostly("student", bad=("teacher",)) for n in range(5)},
    "u5": mostly("teacher", bad=("administrator",)),
    "u6": mostly("teacher", "parent", bad=("",)),
    "u7": mostly("parent", bad=("relative",)),
}


def file(prefix: str, number: int, **columns: st.SearchStrategy[str]) -> st.SearchStrategy[Rows]:
    """Most of the ids, now and then one twice or none."""
    ids = st.lists(pick(prefix, number), min_size=number - 2, max_size=number, unique=True)
    twice = st.lists(mostly(f"{prefix}0", bad=("",)), max_size=1)

    def rows_for(all_ids: list[str]) -> st.SearchStrategy[Rows]:
        def row(sourced_id: str) -> st.SearchStrategy[dict[str, str]]:
            own = {"role": ROLES.get(sourced_id, ROLE)} if "username" in columns else {}
            return st.fixed_dictionaries({"sourcedId": st.just(sourced_id), **columns, **own})

        return st.tuples(*map(row, all_ids)).map(list)

    return (
        st.tuples(ids, st.one_of(st.just([]), st.just([]), twice))
        .map(lambda two: two[0] + two[1])
        .flatmap(rows_for)
    )


FILES = st.fixed_dictionaries(
    {
        "orgs": file(
            "o",
            3,
            status=STATUSES,
            name=NAMES,
            type=mostly("school", "school", "department", bad=("district", "")),
            identifier=CODES,
            parentSourcedId=mostly("", "", "o0", bad=("o9",)),
        ),
        "academicSessions": file(
            "t",
            3,
            status=STATUSES,
            title=NAMES,
            type=mostly("term", "semester", bad=("x",)),
            startDate=mostly("2026-09-01", "2026-10-01", bad=("", "no")),
            endDate=mostly("2026-11-30", "2026-12-18", bad=("", "2026-08-01")),
        ),
        "classes": file(
            "c",
            3,
            status=STATUSES,
            title=NAMES,
            courseSourcedId=pick("k", 3, ""),
            classCode=CODES,
            schoolSourcedId=pick("o", 3, "", "o9"),
            termSourcedIds=st.lists(pick("t", 3, "t9"), max_size=2).map(",".join),
            subjects=mostly("", "Science, Art", bad=("0",)),
        ),
        "users": file(
            "u",
            8,
            status=STATUSES,
            enabledUser=mostly("true", bad=("FALSE", "")),
            orgSourcedIds=pick("o", 3, "", "o9"),
            username=mostly(*"abcdefghijkl", bad=("", "A", "z" * 101)),
            givenName=NAMES,
            familyName=NAMES,
            identifier=CODES,
            email=mostly("", "a@example.org", "b@example.org", bad=("wrong",)),
            phone=mostly("", "1", "2", bad=("3" * 41,)),
            agentSourcedIds=st.lists(pick("u", 8, "u9"), max_size=2).map(",".join),
        ),
        "enrollments": file(
            "e",
            16,
            status=STATUSES,
            classSourcedId=pick("c", 3, "c9"),
            userSourcedId=mostly("u0", "u0", "u0", "u1", "u2", "u3", "u4", "u5", "u6", bad=("u7", "u9")),
            role=mostly("student", "student", "student", "teacher", bad=("proctor", "")),
            primary=mostly("", "true"),
            beginDate=BEGINS,
            endDate=ENDS,
        ),
    },
    optional={
        "courses": file("k", 3, status=STATUSES, title=NAMES, courseCode=CODES),
        "demographics": file(
            "u", 8, status=STATUSES, birthDate=mostly("2010-01-02", "", bad=("2090-01-01", "no"))
        ),
        "roles": file(
            "r",
            12,
            status=STATUSES,
            userSourcedId=pick("u", 8),
            roleType=mostly("primary", "secondary"),
            role=ROLE,
        ),
    },
)
HAND_EDITS = st.lists(
    st.sampled_from(
        [
            "UPDATE student SET email = 'hand@example.org', version = version + 1",
            "UPDATE student SET status = 'on_hold', version = version + 1",
            "UPDATE batch SET ends_on = NULL, version = version + 1",
            "UPDATE batch SET starts_on = '2026-10-15', ends_on = NULL, version = version + 1",
            "UPDATE enrollment SET ends_on = starts_on, version = version + 1",
            "UPDATE term SET starts_on = '2026-08-01', version = version + 1",
            "UPDATE user_account SET role = 'admin', version = version + 1 WHERE id % 2 = 0",
            "DELETE FROM student_guardian",
            "DELETE FROM enrollment WHERE id % 2 = 0",
        ]
    ),
    max_size=3,
)

Tables = dict[Kind, dict[int, dict[str, Any]]]


async def dump(session: AsyncSession) -> Tables:
    """Every row of every table that an import writes."""
    tables: Tables = {}
    for kind, model in MODELS.items():
        names = ["id", "version", *COLUMNS[kind]]
        found = await session.execute(select(*(getattr(model, name) for name in names)))
        tables[kind] = {row[0]: {n: plain(v) for n, v in zip(names, row, strict=True)} for row in found}
    return tables


async def plan_of(session: AsyncSession, source: bytes) -> Plan:
    return await service._plan(
        session, read_bundle(source, name="fuzz.zip"), AttendanceChoices(), silent, actor=ADMIN
    )


async def check(session: AsyncSession, source: bytes) -> None:
    """Import, and compare every table with what the plan said."""
    before, plan = await dump(session), await plan_of(session, source)
    preview = await service.preview_oneroster(session, actor=ADMIN, source=source, name="fuzz.zip")
    assert preview == preview_of(plan)
    links = (await session.execute(text("SELECT count(*) FROM student_guardian"))).scalar_one()

    await service.commit_oneroster(
        session, actor=ADMIN, source=source, name="fuzz.zip", expected_digest=preview.digest
    )
    await session.flush()
    session.expire_all()

    after = await dump(session)
    records = await session.scalars(select(ImportedRecord))
    made = {Ref(Kind(record.kind), record.sourced_id): record.entity_id for record in records}
    for kind, table in after.items():
        expected = dict(before[kind])
        for update in plan.updates[kind]:
            now = {**update.after, "version": update.version + 1}
            expected[update.entity_id] = {
                n: made.get(v, v) if isinstance(v, Ref) else v for n, v in now.items()
            }
        for create in plan.creates[kind]:
            new_id = made[Ref(kind, create.sourced_id)]
            values = {n: made[v] if isinstance(v, Ref) else v for n, v in create.values.items()}
            blank = dict.fromkeys(COLUMNS[kind]) | {"id": new_id, "version": 1}
            expected[new_id] = blank | {n: v for n, v in values.items() if n in COLUMNS[kind]}
        assert table == expected
        assert len(plan.creates[kind]) == counted(plan, kind, Action.CREATED)
        assert len(plan.updates[kind]) == counted(plan, kind, Action.CHANGED)
    new_links = (await session.execute(text("SELECT count(*) FROM student_guardian"))).scalar_one() - links
    assert new_links == len(plan.links) == counted(plan, Kind.GUARDIAN_LINK, Action.CREATED)

    again = await plan_of(session, source)
    assert (again.remembered, again.links) == ([], [])
    assert not any([*again.creates.values(), *again.updates.values()])
    assert (again.count(Action.CREATED), again.count(Action.CHANGED)) == (0, 0)


def counted(plan: Plan, kind: Kind, action: Action) -> int:
    return sum(number for (_, of, done), number in plan.counts.items() if (of, done) == (kind, action))


@pytest.mark.timeout(400)
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would take longer than a test may
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=FILES, second=FILES, edits=HAND_EDITS, second_is_delta=st.booleans())
async def test_an_import_does_what_its_preview_says(
    session: AsyncSession,
    first: dict[str, Rows],
    second: dict[str, Rows],
    edits: list[str],
    *,
    second_is_delta: bool,
) -> None:
    savepoint = await session.begin_nested()
    try:
        await check(session, bundle(first))
        for edit in edits:
            await session.execute(text(edit))
        await check(session, bundle(second, delta=second_is_delta))
    finally:
        await savepoint.rollback()
        session.expunge_all()
