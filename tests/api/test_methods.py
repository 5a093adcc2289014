"""What a path answers to a method that it doesn't have, and to a body that can't be read."""

import httpx
import pytest


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/api/v1/settings", "GET, PUT"),
        ("GET", "/api/v1/auth/logout", "POST"),
        ("TRACE", "/api/v1/students/7", "GET, PUT"),
        ("OPTIONS", "/api/v1/subjects/1/topic-order", "PUT"),
    ],
)
async def test_405_names_every_method_of_the_address(
    client: httpx.AsyncClient, method: str, path: str, allow: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert answer.json()["error"] == "method_not_allowed"


async def test_an_address_that_nothing_has_is_404_for_every_method(client: httpx.AsyncClient) -> None:
    for method in ("GET", "POST", "DELETE", "TRACE"):
        answer = await client.request(method, "/api/v1/nothing/here")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_a_body_that_is_no_json_is_malformed_input(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/auth/register", content=b"\xff\xfe{", headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")
