"""Importing from other systems: a preview, and the import that does what the preview said."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.audit import record
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import announce
from academics_app.core.errors import Conflict, Forbidden
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.institute.current import current_settings
from academics_app.learning_sessions.service import hold_timetable
from academics_app.transfer import lookup, queries, store
from academics_app.transfer.clashes import find_clashes
from academics_app.transfer.edfi.choices import AttendanceChoices
from academics_app.transfer.edfi.reading import Interchange, read_edfi
from academics_app.transfer.edfi.roster import wanted_of as wanted_of_edfi
from academics_app.transfer.edfi.rules import make_plan as make_edfi_plan
from academics_app.transfer.models import ImportRun
from academics_app.transfer.oneroster.bundle import Bundle, read_bundle
from academics_app.transfer.oneroster.plan import Kind, Plan
from academics_app.transfer.oneroster.rules import make_plan
from academics_app.transfer.oneroster.snapshot import Snapshot, wanted_of
from academics_app.transfer.progress import Progress, silent
from academics_app.transfer.schemas import ImportPreview, ImportResult, ImportRunRead, preview_of, result_of
from academics_app.transfer.tables import EDFI, ONEROSTER

Source = Path | bytes | Bundle
"""A file or folder, the bytes of a file, or a bundle that was read before."""

MAX_TOPICS = 500
"""More changed students or batches than this are announced as "some"."""


async def preview_import(
    session: AsyncSession,
    *,
    actor: Actor,
    source: Source,
    name: str = "",
    choices: AttendanceChoices | None = None,
    progress: Progress = silent,
) -> ImportPreview:
    """What importing the file would do. Writes nothing; InvalidInput when it is nothing that can be imported."""
    _require(actor)
    bundle = await open_import(source, name=name, progress=progress)
    return preview_of(await _plan(session, bundle, choices or AttendanceChoices(), progress, actor=actor))


async def commit_import(
    session: AsyncSession,
    *,
    actor: Actor,
    source: Source,
    expected_digest: str,
    name: str = "",
    choices: AttendanceChoices | None = None,
    progress: Progress = silent,
) -> ImportResult:
    """Import the file, all of it or nothing; `choices` are those of the preview.

    `expected_digest` is the preview's: Conflict when the file, or what is here, has changed since in a way that would
    make a difference.
    """
    _require(actor)
    bundle = await open_import(source, name=name, progress=progress)
    await hold_timetable(session, actor=actor, to=Permission.IMPORT_RUN)
    await store.lock_imports(session)
    plan = await _plan(session, bundle, choices or AttendanceChoices(), progress, actor=actor)
    if plan.digest != expected_digest:
        raise Conflict(
            "The file or what is here has changed since the preview; nothing was stored. Look at a new preview.",
            code="stale_preview",
        )
    run = ImportRun(
        source=plan.source,
        file_name=bundle.name,
        file_digest=bundle.digest,
        user_id=actor.user_id,
        summary={},
    )
    session.add(run)
    await session.flush()  # the records name their run
    await store.carry_out(session, plan, actor=actor, run_id=run.id, progress=progress)
    result = result_of(plan, run.id)
    run.summary = result.model_dump(mode="json", exclude={"run_id"}) | _how(plan)
    record(
        session,
        actor=actor,
        action="import.commit",
        subject_kind="import_run",
        subject_id=run.id,
        after={"file_name": bundle.name, "file_digest": bundle.digest, **run.summary},
    )
    announce(session, *_topics(plan))
    return result


async def preview_oneroster(
    session: AsyncSession, *, actor: Actor, source: Source, name: str = "", progress: Progress = silent
) -> ImportPreview:
    """What importing the bundle would do. Writes nothing; InvalidInput when it is no OneRoster bundle."""
    _require(actor)
    bundle = await open_oneroster(source, name=name, progress=progress)
    return await preview_import(session, actor=actor, source=bundle, progress=progress)


async def commit_oneroster(
    session: AsyncSession,
    *,
    actor: Actor,
    source: Source,
    expected_digest: str,
    name: str = "",
    progress: Progress = silent,
) -> ImportResult:
    """Import the bundle as `commit_import` does; InvalidInput when it is no OneRoster bundle."""
    _require(actor)
    bundle = await open_oneroster(source, name=name, progress=progress)
    return await commit_import(
        session, actor=actor, source=bundle, expected_digest=expected_digest, progress=progress
    )


async def list_import_runs(session: AsyncSession, *, actor: Actor, page: PageRequest) -> Page[ImportRunRead]:
    """Past imports, newest first."""
    _require(actor)
    total = await session.scalar(select(func.count()).select_from(ImportRun))
    rows = await session.execute(queries.import_runs().offset(page.skip).limit(page.limit))
    items = [ImportRunRead(**run.model_dump(), user_name=user_name or "System") for run, user_name in rows]
    return Page(items=items, total=total or 0, skip=page.skip, limit=page.limit)


async def open_oneroster(source: Source, *, name: str = "", progress: Progress = silent) -> Bundle:
    """Read a bundle once for a preview and an import; a bundle that was read before is given back."""
    if isinstance(source, Bundle):
        return source
    name = name or (source.name if isinstance(source, Path) else "upload.zip")
    return await asyncio.to_thread(read_bundle, source, name=name, progress=progress)


async def open_import(source: Source, *, name: str = "", progress: Progress = silent) -> Bundle:
    """Read a file once for a preview and an import: Ed-Fi where it looks like it, else OneRoster."""
    if isinstance(source, Bundle):
        return source
    name = name or (source.name if isinstance(source, Path) else "upload.zip")
    found = await asyncio.to_thread(read_edfi, source, name=name, progress=progress)
    return found or await asyncio.to_thread(read_bundle, source, name=name, progress=progress)


async def _plan(
    session: AsyncSession, bundle: Bundle, choices: AttendanceChoices, progress: Progress, *, actor: Actor
) -> Plan:
    """The plan; made a second time where enrolments have to be refused because of what is in the timetable."""
    zone = (await current_settings(session)).zone
    today = local_date(utc_now(), zone)
    make: Callable[[Snapshot], Plan]
    if isinstance(bundle, Interchange):
        wanted = await asyncio.to_thread(
            wanted_of_edfi, bundle, unmentioned_present=choices.unmentioned_present
        )
        source = EDFI
        make = partial(make_edfi_plan, bundle, choices=choices, zone=zone, progress=progress)
    else:
        wanted = await asyncio.to_thread(wanted_of, bundle)
        source = ONEROSTER
        make = partial(make_plan, bundle, progress=progress)
    snapshot = await lookup.load_snapshot(session, wanted, today=today, source=source, progress=progress)
    plan = await asyncio.to_thread(make, snapshot)
    snapshot.clashing = await find_clashes(session, plan, snapshot, actor=actor)
    return await asyncio.to_thread(make, snapshot) if snapshot.clashing else plan


def _how(plan: Plan) -> dict[str, object]:
    """What else a past import should say of itself: the version, and how attendance was read."""
    if not plan.categories:
        return {"version": plan.version}
    return {
        "version": plan.version,
        "categories": {category.name: category.status for category in plan.categories},
        "unmentioned_present": plan.unmentioned_present,
    }


def _require(actor: Actor) -> None:
    require(actor, Permission.IMPORT_RUN)
    if actor.branch_ids is not None:
        raise Forbidden(
            "An import may reach every branch, so only an admin of the whole institute may run one."
        )


def _topics(plan: Plan) -> list[str]:
    topics = ["students", "batches", "timetable", "settings", "imports"]
    for kind, name in ((Kind.STUDENT, "student"), (Kind.BATCH, "batch"), (Kind.ACCOUNT, "user")):
        topics += [f"{name}:{update.entity_id}" for update in plan.updates[kind][:MAX_TOPICS]]
    registers = {mark.session for mark in plan.marks if isinstance(mark.session, int)}
    topics += [f"register:{session_id}" for session_id in sorted(registers)[:MAX_TOPICS]]
    return topics
