"""What every answer carries, and what another origin gets."""

import json
import logging

import httpx
import pytest
from fastapi import FastAPI

from academics_app.core.logging import configure_logging


async def test_security_headers_and_a_request_id(client: httpx.AsyncClient, engine: object) -> None:
    answer = await client.get("/api/v1/health")
    assert answer.json() == {"status": "ok", "database": "ok", "redis": "not configured"}
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert len(headers["x-request-id"]) == 16


async def test_no_other_origin_is_let_in(client: httpx.AsyncClient, engine: object) -> None:
    answer = await client.get("/api/v1/health", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


async def test_the_documentation_works_without_the_internet(client: httpx.AsyncClient) -> None:
    page = await client.get("/api/docs")
    assert page.status_code == 200
    assert "//cdn" not in page.text
    for part in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/api/docs/files/{part}" in page.text
        assert (await client.get(f"/api/docs/files/{part}")).status_code == 200


def test_the_document_has_examples_and_a_password_flow(api: FastAPI) -> None:
    document = api.openapi()
    flow = document["components"]["securitySchemes"]["OAuth2PasswordBearer"]["flows"]["password"]
    assert flow["tokenUrl"] == "/api/v1/auth/login"
    bodies = document["components"]["schemas"]
    for name in ("MarkCommand", "BulkMark", "Registration", "StudentCreate", "BatchCreate"):
        assert "example" in bodies[name] or "examples" in bodies[name], name
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), (method, path)


@pytest.mark.parametrize("body", ["{", "[]", "null", '{"session_id": 1e400}', '"\\ud800"'])
async def test_malformed_json_is_a_422(client: httpx.AsyncClient, body: str) -> None:
    answer = await client.post(
        "/api/v1/auth/register", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "detail", "fields"}


def test_logs_are_json_with_the_request_id(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    try:
        logging.getLogger("anything").warning("from the standard library")
        line = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
        assert line["event"] == "from the standard library"
        assert {"request_id", "level", "logger", "timestamp"} <= set(line)
    finally:
        configure_logging("warning")
