"""The rows of the contract that exist, as the OpenAPI document lists them: method, path, parameters, bounds, defaults."""

from typing import Any

import pytest
from fastapi import FastAPI

SKIP = {"name": "skip", "in": "query", "minimum": 0, "default": 0}
LIMIT = {"name": "limit", "in": "query", "minimum": 1, "maximum": 1000, "default": 100}
DATES = [
    {"name": name, "in": "query", "required": True, "format": "date"} for name in ("start_date", "end_date")
]


def of_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "type": "integer"}


ROWS: dict[int, tuple[str, str, list[dict[str, Any]]]] = {
    1: ("post", "/auth/login", []),
    2: ("post", "/auth/register", []),
    3: ("post", "/auth/refresh", []),
    4: ("post", "/auth/logout", []),
    5: ("post", "/students/", []),
    6: ("get", "/students/", [SKIP, LIMIT, {"name": "status", "in": "query", "required": False}]),
    7: ("get", "/students/{student_id}", [of_path("student_id")]),
    8: ("put", "/students/{student_id}", [of_path("student_id")]),
    10: ("get", "/students/{student_id}/attendance", [of_path("student_id"), *DATES]),
    11: ("post", "/attendance/session/{session_id}", [of_path("session_id")]),
    12: ("post", "/attendance/bulk", []),
    13: ("get", "/attendance/student/{student_id}", [of_path("student_id"), *DATES]),
    14: ("get", "/attendance/faculty/{faculty_id}/today", [of_path("faculty_id")]),
    15: (
        "get",
        "/attendance/analytics/absenteeism",
        [*DATES, {"name": "threshold_days", "in": "query", "type": "integer", "default": 5}],
    ),
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row {row}")
def test_the_document_has_the_row(api: FastAPI, row: int) -> None:
    method, path, wanted = ROWS[row]
    operation = api.openapi()["paths"][f"/api/v1{path}"][method]
    listed = {each["name"]: each | each["schema"] for each in operation.get("parameters", [])}
    for parameter in wanted:
        found = listed[parameter["name"]]
        assert {key: found.get(key) for key in parameter} == parameter
    required = {name for name, each in listed.items() if each.get("required")}
    assert required == {each["name"] for each in wanted if each.get("required")}


def test_signing_in_takes_the_password_form(api: FastAPI) -> None:
    content = api.openapi()["paths"]["/api/v1/auth/login"]["post"]["requestBody"]["content"]
    schema = content["application/x-www-form-urlencoded"]["schema"]
    fields = api.openapi()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]["required"]
    assert set(fields) >= {"username", "password"}
