"""Importing from other systems: a preview, and the import that does what the preview said."""

import asyncio
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
from academics_app.transfer import lookup, queries, store
from academics_app.transfer.models import ImportRun
from academics_app.transfer.oneroster.bundle import Bundle, read_bundle
from academics_app.transfer.oneroster.plan import Kind, Plan
from academics_app.transfer.oneroster.rules import make_plan
from academics_app.transfer.oneroster.snapshot import wanted_of
from academics_app.transfer.progress import Progress, silent
from academics_app.transfer.schemas import ImportPreview, ImportResult, ImportRunRead, preview_of, result_of
from academics_app.transfer.tables import SOURCE

Source = Path | bytes | Bundle
"""A zip file or folder, the bytes of a zip, or a bundle that was read before."""

MAX_TOPICS = 500
"""More changed students or batches than this are announced as "some"."""


async def preview_oneroster(
    session: AsyncSession, *, actor: Actor, source: Source, name: str = "", progress: Progress = silent
) -> ImportPreview:
    """What importing the bundle would do. Writes nothing; InvalidInput when it is no OneRoster bundle."""
    _require(actor)
    bundle = await open_oneroster(source, name=name, progress=progress)
    return preview_of(await _plan(session, bundle, progress))


async def commit_oneroster(
    session: AsyncSession,
    *,
    actor: Actor,
    source: Source,
    expected_digest: str,
    name: str = "",
    progress: Progress = silent,
) -> ImportResult:
    """Import the bundle, all of it or nothing.

    `expected_digest` is the preview's: Conflict when the file, or what is here, has changed since in a way that would
    make a difference.
    """
    _require(actor)
    bundle = await open_oneroster(source, name=name, progress=progress)
    await store.lock_imports(session)
    plan = await _plan(session, bundle, progress)
    if plan.digest != expected_digest:
        raise Conflict(
            "The file or what is here has changed since the preview; nothing was stored. Look at a new preview.",
            code="stale_preview",
        )
    run = ImportRun(
        source=SOURCE,
        file_name=bundle.name,
        file_digest=bundle.digest,
        user_id=actor.user_id,
        summary={},
    )
    session.add(run)
    await session.flush()  # the records name their run
    await store.carry_out(session, plan, actor=actor, run_id=run.id, progress=progress)
    result = result_of(plan, run.id)
    run.summary = result.model_dump(mode="json", exclude={"run_id"}) | {"version": bundle.version}
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


async def _plan(session: AsyncSession, bundle: Bundle, progress: Progress) -> Plan:
    zone = (await current_settings(session)).zone
    wanted = await asyncio.to_thread(wanted_of, bundle)
    snapshot = await lookup.load_snapshot(
        session, wanted, today=local_date(utc_now(), zone), progress=progress
    )
    return await asyncio.to_thread(make_plan, bundle, snapshot, progress=progress)


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
    return topics
