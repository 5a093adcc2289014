"""OneRoster bundles for tests, made in code."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "oneroster_samples"

Rows = list[dict[str, Any]]

HEADERS = {
    "orgs": "sourcedId status dateLastModified name type identifier parentSourcedId",
    "academicSessions": "sourcedId status dateLastModified title type startDate endDate parentSourcedId schoolYear",
    "courses": "sourcedId status dateLastModified schoolYearSourcedId title courseCode orgSourcedId subjects",
    "classes": (
        "sourcedId status dateLastModified title courseSourcedId classCode classType schoolSourcedId termSourcedIds "
        "subjects"
    ),
    "users": (
        "sourcedId status dateLastModified enabledUser orgSourcedIds role username givenName familyName identifier "
        "email sms phone agentSourcedIds password"
    ),
    "roles": "sourcedId status dateLastModified userSourcedId roleType role beginDate endDate orgSourcedId",
    "demographics": "sourcedId status dateLastModified birthDate sex",
    "enrollments": (
        "sourcedId status dateLastModified classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate"
    ),
}


def csv_of(header: list[str], rows: Rows) -> bytes:
    """A CSV file with the lines' ends of Windows, as most exporters write it."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def zip_of(files: dict[str, bytes], *, folder: str = "") -> bytes:
    """A zip file of named contents."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{folder}{name}", content)
    return target.getvalue()


def school(**changes: Rows) -> dict[str, Rows]:
    """A small school: two students, a teacher, a parent, a course, a class. `changes` replace whole files."""
    files: dict[str, Rows] = {
        "orgs": [{"sourcedId": "org-1", "name": "North School", "type": "school", "identifier": "NORTH"}],
        "academicSessions": [
            {
                "sourcedId": "term-1",
                "title": "Autumn",
                "type": "term",
                "startDate": "2026-09-01",
                "endDate": "2026-12-18",
            }
        ],
        "courses": [
            {"sourcedId": "course-1", "title": "Mathematics", "courseCode": "MATH", "orgSourcedId": "org-1"}
        ],
        "classes": [
            {
                "sourcedId": "class-1",
                "title": "Mathematics A",
                "courseSourcedId": "course-1",
                "classCode": "MATH-A",
                "schoolSourcedId": "org-1",
                "termSourcedIds": "term-1",
            }
        ],
        "users": [
            user("teacher-1", "teacher", "Tara", "Stone", identifier="T1"),
            user("student-1", "student", "Ann", "Lee", identifier="S1", email="ann@example.org"),
            user("student-2", "student", "Bob", "Ray", identifier="S2"),
            user("parent-1", "parent", "Pat", "Lee", agentSourcedIds="student-1"),
        ],
        "demographics": [{"sourcedId": "student-1", "birthDate": "2010-04-17", "sex": "female"}],
        "enrollments": [
            enrollment("e-t1", "teacher-1", role="teacher", primary="true"),
            enrollment("e-s1", "student-1"),
            enrollment("e-s2", "student-2"),
        ],
    }
    return files | changes


def user(sourced_id: str, role: str, given: str, family: str, **values: str) -> dict[str, str]:
    """A row of users.csv."""
    return {
        "sourcedId": sourced_id,
        "enabledUser": "true",
        "orgSourcedIds": "org-1",
        "role": role,
        "username": f"{given}.{family}".lower(),
        "givenName": given,
        "familyName": family,
        "password": "Password1-",
    } | values


def enrollment(sourced_id: str, user_id: str, *, role: str = "student", **values: str) -> dict[str, str]:
    """A row of enrollments.csv in the one class."""
    return {
        "sourcedId": sourced_id,
        "classSourcedId": "class-1",
        "schoolSourcedId": "org-1",
        "userSourcedId": user_id,
        "role": role,
    } | values


def manifest(files: dict[str, Rows], *, version: str = "1.1", delta: bool = False) -> bytes:
    """The manifest of these files."""
    rows = [
        {"propertyName": "manifest.version", "value": "1.0"},
        {"propertyName": "oneroster.version", "value": version},
        *({"propertyName": f"file.{name}", "value": "delta" if delta else "bulk"} for name in files),
    ]
    return csv_of(["propertyName", "value"], rows)


def bundle(files: dict[str, Rows], *, delta: bool = False, headers: dict[str, str] | None = None) -> bytes:
    """The zip of a bundle; `headers` replace a file's columns, separated by spaces."""
    version = "1.2" if "roles" in files else "1.1"
    names = HEADERS | (headers or {})
    contents = {f"{name}.csv": csv_of(names[name].split(), rows) for name, rows in files.items()}
    return zip_of({"manifest.csv": manifest(files, version=version, delta=delta), **contents})


def with_row(files: dict[str, Rows], file: str, sourced_id: str, **values: str) -> dict[str, Rows]:
    """The bundle with one row changed."""
    rows = [row | values if row["sourcedId"] == sourced_id else row for row in files[file]]
    return files | {file: rows}
