"""Ed-Fi's records that are imported: where their values stand in an interchange file, or in a CSV file made from one."""

from dataclasses import dataclass
from enum import StrEnum


class Record(StrEnum):
    """A kind of record, by the name of its XML element."""

    STUDENT = "Student"
    TERM = "Session"
    SECTION = "Section"
    SCHOOL_EVENT = "StudentSchoolAttendanceEvent"
    SECTION_EVENT = "StudentSectionAttendanceEvent"


@dataclass(frozen=True, slots=True)
class Shape:
    """`paths` are columns with the elements that hold them; `key` are the columns that identify a record."""

    paths: dict[str, str]
    key: tuple[str, ...]
    csv: dict[str, str]
    """The columns by the names that a flat CSV file gives them."""
    needs: frozenset[str] = frozenset()
    """CSV columns without which a file is none of these."""


_SESSION = "SessionReference/SessionIdentity/SessionName"
_SCHOOL = "SchoolReference/SchoolIdentity/SchoolId"
_OFFERING = "CourseOfferingReference/CourseOfferingIdentity"
_EVENT = {
    "EventDate": "AttendanceEvent/EventDate",
    "AttendanceEventCategory": "AttendanceEvent/AttendanceEventCategory",
    "AttendanceEventReason": "AttendanceEvent/AttendanceEventReason",
    "StudentUniqueId": "StudentReference/StudentIdentity/StudentUniqueId",
    "ArrivalTime": "ArrivalTime",
}
_EVENT_CSV = {
    "event_date": "EventDate",
    "category": "AttendanceEventCategory",
    "reason": "AttendanceEventReason",
    "student_id": "StudentUniqueId",
    "school_id": "SchoolId",
    "session": "SessionName",
    "arrival": "ArrivalTime",
    "duration_min": "Duration",
}
_SECTION_OF_EVENT = f"SectionReference/SectionIdentity/{_OFFERING}"

SHAPES: dict[Record, Shape] = {
    Record.STUDENT: Shape(
        {
            "StudentUniqueId": "StudentUniqueId",
            "FirstName": "Name/FirstName",
            "LastSurname": "Name/LastSurname",
            "BirthDate": "BirthData/BirthDate",
        },
        key=("StudentUniqueId",),
        csv={},
    ),
    Record.TERM: Shape(
        {
            "SessionName": "SessionName",
            "BeginDate": "BeginDate",
            "EndDate": "EndDate",
            "SchoolId": _SCHOOL,
        },
        key=("SchoolId", "SessionName"),
        csv={},
    ),
    Record.SECTION: Shape(
        {
            "SectionIdentifier": "SectionIdentifier",
            "SectionName": "SectionName",
            "LocalCourseCode": f"{_OFFERING}/LocalCourseCode",
            "SchoolId": f"{_OFFERING}/{_SCHOOL}",
            "SessionName": f"{_OFFERING}/{_SESSION}",
        },
        key=("SectionIdentifier", "LocalCourseCode", "SchoolId", "SessionName"),
        csv={},
    ),
    Record.SCHOOL_EVENT: Shape(
        {
            **_EVENT,
            "SchoolId": _SCHOOL,
            "SessionName": _SESSION,
            "Duration": "SchoolAttendanceDuration",
        },
        key=("StudentUniqueId", "SchoolId", "SessionName", "EventDate"),
        csv=_EVENT_CSV,
        needs=frozenset({"event_date", "category", "student_id", "school_id", "session"}),
    ),
    Record.SECTION_EVENT: Shape(
        {
            **_EVENT,
            "SectionIdentifier": "SectionReference/SectionIdentity/SectionIdentifier",
            "LocalCourseCode": f"{_SECTION_OF_EVENT}/LocalCourseCode",
            "SchoolId": f"{_SECTION_OF_EVENT}/{_SCHOOL}",
            "SessionName": f"{_SECTION_OF_EVENT}/{_SESSION}",
            "Duration": "SectionAttendanceDuration",
        },
        key=(
            "StudentUniqueId",
            "SectionIdentifier",
            "LocalCourseCode",
            "SchoolId",
            "SessionName",
            "EventDate",
        ),
        csv=_EVENT_CSV | {"section_id": "SectionIdentifier", "course": "LocalCourseCode"},
        needs=frozenset({"event_date", "category", "student_id", "section_id"}),
    ),
}


def key_of(*parts: str) -> str:
    """The one text under which a record with a compound key is remembered."""
    return "/".join(parts)


def category_name(descriptor: str) -> str:
    """`uri://ed-fi.org/AttendanceEventCategoryDescriptor#Tardy` is Tardy."""
    return descriptor.rpartition("#")[2].strip()
