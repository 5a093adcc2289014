"""Whatever the files hold, the import does what its plan says, no more and no less, and a second time nothing."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Door, system_actor
from academics_app.transfer import service, store
from academics_app.transfer.models import ImportedRecord
from academics_app.transfer.oneroster.bundle import read_bundle
from academics_app.transfer.oneroster.plan import Action, Kind, Plan, Ref
from academics_app.transfer.progress import silent
from academics_app.transfer.schemas import preview_of
from tests.transfer.bundles import Rows, bundle

ADMIN = system_actor(Door.COMMAND_LINE)

STATUSES = st.sampled_from(["", "", "", "", "active", "tobedeleted", "inactive", "weird"])
DATES = st.sampled_from(
    ["", "", "2026-09-01", "2026-10-01", "2026-10-02", "2026-11-30", "2026-12-18T00:00:00Z", "13/09/2026", "1/2/2026", "no"]
)
NAMES = st.sampled_from(["", "Ann", "Bob", "Zoé", "tab\there", "back\\slash", "\\N", "line\nbreak", 'quote"d', "x" * 201])
CODES = st.sampled_from(["", "", "A1", "A2", "A3", "y" * 61])


def ids(prefix: str, number: int = 4) -> st.SearchStrategy[str]:
    return st.sampled_from([f"{prefix}{n}" for n in range(number)])


def some(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(strategy, strategy, st.just(""))


def rows(max_size: int, **columns: st.SearchStrategy[str]) -> st.SearchStrategy[Rows]:
    return st.lists(st.fixed_dictionaries(columns), max_size=max_size)


USERS = {
    "sourcedId": ids("u", 6),
    "status": STATUSES,
    "enabledUser": st.sampled_from(["true", "FALSE", ""]),
    "orgSourcedIds": some(ids("o", 3)),
    "username": st.sampled_from(["", "ann", "ANN", "bob", "cat", "dan", "eve", "fay"]),
    "givenName": NAMES,
    "familyName": NAMES,
    "identifier": CODES,
    "email": st.sampled_from(["", "a@example.org", "b@example.org", "wrong"]),
    "phone": st.sampled_from(["", "1", "2", "3" * 41]),
    "agentSourcedIds": st.lists(ids("u", 7), max_size=2).map(",".join),
}
ROLE = st.sampled_from(["student", "student", "student", "teacher", "parent", "administrator", ""])
FILES = st.fixed_dictionaries(
    {
        "orgs": rows(
            3,
            sourcedId=ids("o", 3),
            status=STATUSES,
            name=NAMES,
            type=st.sampled_from(["school", "school", "department", "district", ""]),
            identifier=CODES,
            parentSourcedId=some(ids("o", 4)),
        ),
        "academicSessions": rows(
            3,
            sourcedId=ids("t", 3),
            status=STATUSES,
            title=NAMES,
            type=st.sampled_from(["term", "semester", "x"]),
            startDate=DATES,
            endDate=DATES,
        ),
        "classes": rows(
            4,
            sourcedId=ids("c"),
            status=STATUSES,
            title=NAMES,
            courseSourcedId=some(ids("k", 3)),
            classCode=CODES,
            schoolSourcedId=ids("o", 3),
            termSourcedIds=st.lists(ids("t", 3), max_size=2).map(",".join),
            subjects=st.sampled_from(["", "Science, Art", "0"]),
        ),
        "users": rows(8, role=ROLE, **USERS),
        "enrollments": rows(
            10,
            sourcedId=ids("e", 10),
            status=STATUSES,
            classSourcedId=ids("c"),
            userSourcedId=ids("u", 6),
            role=st.sampled_from(["student", "student", "student", "teacher", "proctor"]),
            primary=st.sampled_from(["", "true"]),
            beginDate=DATES,
            endDate=DATES,
        ),
    },
    optional={
        "courses": rows(3, sourcedId=ids("k", 3), status=STATUSES, title=NAMES, courseCode=CODES),
        "demographics": rows(3, sourcedId=ids("u", 7), status=STATUSES, birthDate=DATES),
        "roles": rows(
            8,
            sourcedId=ids("r", 8),
            status=STATUSES,
            userSourcedId=ids("u", 6),
            roleType=st.sampled_from(["primary", "secondary"]),
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
    for kind, model in store._MODELS.items():
        names = ["id", "version", *store._COLUMNS[kind]]
        found = await session.execute(select(*(getattr(model, name) for name in names)))
        tables[kind] = {row[0]: {n: store._plain(v) for n, v in zip(names, row, strict=True)} for row in found}
    return tables


async def plan_of(session: AsyncSession, source: bytes) -> Plan:
    return await service._plan(session, read_bundle(source, name="fuzz.zip"), silent)


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
    found = await session.execute(select(ImportedRecord.kind, ImportedRecord.sourced_id, ImportedRecord.entity_id))
    made = {Ref(Kind(kind), sourced_id): entity_id for kind, sourced_id, entity_id in found}
    for kind, table in after.items():
        expected = dict(before[kind])
        for update in plan.updates[kind]:
            now = {**update.after, "version": update.version + 1}
            expected[update.entity_id] = {n: made.get(v, v) if isinstance(v, Ref) else v for n, v in now.items()}
        for create in plan.creates[kind]:
            new_id = made[Ref(kind, create.sourced_id)]
            values = {n: made[v] if isinstance(v, Ref) else v for n, v in create.values.items()}
            blank = dict.fromkeys(store._COLUMNS[kind]) | {"id": new_id, "version": 1}
            expected[new_id] = blank | {n: v for n, v in values.items() if n in store._COLUMNS[kind]}
        assert table == expected
        assert len(plan.creates[kind]) == counted(plan, kind, Action.CREATED)
        assert len(plan.updates[kind]) == counted(plan, kind, Action.CHANGED)
    new_links = (await session.execute(text("SELECT count(*) FROM student_guardian"))).scalar_one() - links
    assert new_links == len(plan.links) == counted(plan, Kind.GUARDIAN_LINK, Action.CREATED)

    again = await plan_of(session, source)
    assert (again.total, again.count(Action.CREATED), again.count(Action.CHANGED)) == (0, 0, 0)


def counted(plan: Plan, kind: Kind, action: Action) -> int:
    return sum(number for (_, of, done), number in plan.counts.items() if (of, done) == (kind, action))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=FILES, second=FILES, edits=HAND_EDITS, second_is_delta=st.booleans())
async def test_an_import_does_what_its_preview_says(
    session: AsyncSession, first: dict[str, Rows], second: dict[str, Rows], edits: list[str], *, second_is_delta: bool
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
