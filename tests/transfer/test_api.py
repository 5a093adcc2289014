"""Imports over REST."""

import json

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Role
from academics_app.students.models import Student
from academics_app.transfer import upload
from tests import factories
from tests.conftest import SignIn
from tests.transfer.bundles import bundle, school, with_row

PREVIEW, COMMIT = "/api/v1/imports/oneroster/preview", "/api/v1/imports/oneroster"


def attached(content: bytes) -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("roster.zip", content, "application/zip")}


async def test_a_preview_then_the_import_then_the_history(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    headers = await sign_in(await factories.create_user(session, role=Role.ADMIN, full_name="Ada Admin"))
    preview = await client.post(PREVIEW, headers=headers, files=attached(bundle(school())))
    assert preview.status_code == 200
    body = preview.json()
    assert (body["file_name"], body["version"], body["refused"]) == ("roster.zip", "1.1", 0)
    assert await session.scalar(select(func.count()).select_from(Student)) == 0

    done = await client.post(
        COMMIT, headers=headers, files=attached(bundle(school())), data={"preview_digest": body["digest"]}
    )
    assert done.status_code == 200
    assert done.json()["created"] == body["created"]
    history = (await client.get("/api/v1/imports/", headers=headers)).json()
    assert history["total"] == 1
    assert history["items"][0] | {"at": "", "id": 0, "file_digest": "", "summary": {}} == {
        "id": 0,
        "source": "oneroster",
        "file_name": "roster.zip",
        "file_digest": "",
        "at": "",
        "user_name": "Ada Admin",
        "summary": {},
    }
    assert history["items"][0]["summary"]["created"] == body["created"]


async def test_the_import_of_another_file_than_the_previewed_one_is_refused(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    headers = await sign_in(await factories.create_user(session, role=Role.ADMIN))
    digest = (await client.post(PREVIEW, headers=headers, files=attached(bundle(school())))).json()["digest"]
    other = bundle(with_row(school(), "users", "student-1", givenName="Anna"))

    for content, sent in ((other, digest), (bundle(school()), ""), (bundle(school()), "0" * 64)):
        answer = await client.post(
            COMMIT, headers=headers, files=attached(content), data={"preview_digest": sent}
        )
        assert (answer.status_code, answer.json()["error"]) == (409, "stale_preview")


async def test_progress_comes_in_lines_and_the_result_last(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    headers = await sign_in(await factories.create_user(session, role=Role.ADMIN)) | {"Accept": upload.LINES}
    answer = await client.post(PREVIEW, headers=headers, files=attached(bundle(school())))

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"].startswith(upload.LINES)
    assert all({"stage", "done", "total"} == line.keys() for line in lines[:-1])
    digest = lines[-1]["result"]["digest"]
    stale = await client.post(
        COMMIT, headers=headers, files=attached(bundle(school())), data={"preview_digest": "x"}
    )
    assert json.loads(stale.text.splitlines()[-1])["status"] == 409
    done = await client.post(
        COMMIT, headers=headers, files=attached(bundle(school())), data={"preview_digest": digest}
    )
    assert json.loads(done.text.splitlines()[-1])["result"]["created"] == lines[-1]["result"]["created"]


@pytest.mark.parametrize("role", [Role.FACULTY, Role.COUNSELOR, Role.STUDENT, Role.GUARDIAN])
async def test_other_roles_are_refused(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, role: Role
) -> None:
    headers = await sign_in(await factories.create_user(session, role=role))
    for answer in (
        await client.post(PREVIEW, headers=headers, files=attached(bundle(school()))),
        await client.post(COMMIT, headers=headers, files=attached(bundle(school()))),
        await client.get("/api/v1/imports/", headers=headers),
    ):
        assert (answer.status_code, answer.json()["detail"]) == (403, "Only an admin may import data.")


async def test_nobody_is_asked_to_sign_in(session: AsyncSession, client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/imports/")).status_code == 401


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b"zip", "headers": {"Content-Type": "application/zip"}}, 422),
        ({"files": {"other": ("roster.zip", b"x", "application/zip")}}, 422),
        ({"data": {"file": "text"}, "files": {"x": ("x", b"", "text/plain")}}, 422),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 422),
        ({"files": attached(b"no zip")}, 422),
    ],
)
async def test_what_is_no_upload_is_told(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, sent: dict[str, object], status: int
) -> None:
    headers = await sign_in(await factories.create_user(session, role=Role.ADMIN))
    own = sent.pop("headers", {})
    answer = await client.post(PREVIEW, headers=headers | own, **sent)  # pyright: ignore[reportOperatorIssue, reportArgumentType]
    assert answer.status_code == status
    assert "file" in answer.json()["fields"]


async def test_an_upload_beyond_the_limit_is_cut_off(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "MAX_UPLOAD_BYTES", 1000)
    headers = await sign_in(await factories.create_user(session, role=Role.ADMIN))
    answer = await client.post(PREVIEW, headers=headers, files=attached(b"x" * 200_000))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
