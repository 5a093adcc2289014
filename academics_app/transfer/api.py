"""Imports over REST."""

from typing import Any

from fastapi import APIRouter, Request

from academics_app.api.deps import ActorDep, PageDep, ReadSessionDep
from academics_app.core.db import reading, transaction
from academics_app.core.pagination import Page
from academics_app.transfer import service
from academics_app.transfer.progress import Progress
from academics_app.transfer.schemas import ImportPreview, ImportResult, ImportRunRead
from academics_app.transfer.upload import (
    MULTIPART,
    MULTIPART_WITH_BOTH,
    MULTIPART_WITH_CHOICES,
    MULTIPART_WITH_DIGEST,
    UploadDep,
    answer,
    choices_of,
)

router = APIRouter(prefix="/imports", tags=["imports"])


@router.post("/oneroster/preview", response_model=ImportPreview, openapi_extra=MULTIPART)
async def preview_oneroster(request: Request, actor: ActorDep, upload: UploadDep) -> Any:
    """What importing the zip would do, file by file, with every refused row. Nothing is stored."""

    async def work(progress: Progress) -> ImportPreview:
        async with reading() as session:
            return await service.preview_oneroster(
                session, actor=actor, source=upload.content, name=upload.name, progress=progress
            )

    return await answer(request, work)


@router.post("/oneroster", response_model=ImportResult, openapi_extra=MULTIPART_WITH_DIGEST)
async def commit_oneroster(request: Request, actor: ActorDep, upload: UploadDep) -> Any:
    """Import the zip, all of it or nothing. `preview_digest` is the preview's `digest`; 409 if it holds no more."""

    async def work(progress: Progress) -> ImportResult:
        async with transaction() as session:
            return await service.commit_oneroster(
                session,
                actor=actor,
                source=upload.content,
                name=upload.name,
                expected_digest=upload.fields.get("preview_digest", ""),
                progress=progress,
            )

    return await answer(request, work)


@router.post("/preview", response_model=ImportPreview, openapi_extra=MULTIPART_WITH_CHOICES)
async def preview_import(request: Request, actor: ActorDep, upload: UploadDep) -> Any:
    """What importing the file would do, whichever kind it is: OneRoster as a zip, Ed-Fi as a zip or one file.

    `categories` of the answer are the attendance categories of an Ed-Fi file with the status that each becomes; send
    other `choices` to change that. Nothing is stored.
    """
    choices = choices_of(upload)

    async def work(progress: Progress) -> ImportPreview:
        async with reading() as session:
            return await service.preview_import(
                session,
                actor=actor,
                source=upload.content,
                name=upload.name,
                choices=choices,
                progress=progress,
            )

    return await answer(request, work)


@router.post("/", response_model=ImportResult, openapi_extra=MULTIPART_WITH_BOTH)
async def commit_import(request: Request, actor: ActorDep, upload: UploadDep) -> Any:
    """Import the file, all of it or nothing, with the `choices` and the `preview_digest` of its preview."""
    choices = choices_of(upload)

    async def work(progress: Progress) -> ImportResult:
        async with transaction() as session:
            return await service.commit_import(
                session,
                actor=actor,
                source=upload.content,
                name=upload.name,
                choices=choices,
                expected_digest=upload.fields.get("preview_digest", ""),
                progress=progress,
            )

    return await answer(request, work)


@router.get("/")
async def list_imports(session: ReadSessionDep, actor: ActorDep, page: PageDep) -> Page[ImportRunRead]:
    """Past imports, newest first."""
    return await service.list_import_runs(session, actor=actor, page=page)
