"""Ed-Fi interchange files for tests, made in code."""

import io
import zipfile

NAMESPACE = "http://ed-fi.org/5.2.0"
TERM = "2025-2026 Autumn"


def interchange(name: str, *records: str) -> bytes:
    """A file of records."""
    body = "".join(records)
    return f'<?xml version="1.0"?><Interchange{name} xmlns="{NAMESPACE}">{body}</Interchange{name}>'.encode()


def school_of(school: str) -> str:
    return (
        f"<SchoolReference><SchoolIdentity><SchoolId>{school}</SchoolId></SchoolIdentity></SchoolReference>"
    )


def session_of(school: str, term: str = TERM) -> str:
    inner = f"<SessionName>{term}</SessionName><SchoolYear>2025-2026</SchoolYear>{school_of(school)}"
    return f"<SessionReference><SessionIdentity>{inner}</SessionIdentity></SessionReference>"


def term(school: str = "1", name: str = TERM, begin: str = "2025-09-01", end: str = "2025-12-19") -> str:
    return (
        f"<Session><SessionName>{name}</SessionName><BeginDate>{begin}</BeginDate><EndDate>{end}</EndDate>"
        f"{school_of(school)}</Session>"
    )


def student(number: str, first: str = "Ann", last: str = "Lee", born: str = "2010-04-17") -> str:
    return (
        f"<Student><StudentUniqueId>{number}</StudentUniqueId><Name><FirstName>{first}</FirstName>"
        f"<LastSurname>{last}</LastSurname></Name><BirthData><BirthDate>{born}</BirthDate></BirthData></Student>"
    )


def section(identifier: str, course: str = "ALG-1", school: str = "1") -> str:
    return (
        f"<Section><SectionIdentifier>{identifier}</SectionIdentifier>{_offering(course, school)}</Section>"
    )


def _offering(course: str, school: str) -> str:
    inner = f"<LocalCourseCode>{course}</LocalCourseCode>{school_of(school)}{session_of(school)}"
    return f"<CourseOfferingReference><CourseOfferingIdentity>{inner}</CourseOfferingIdentity></CourseOfferingReference>"


def _event(number: str, day: str, category: str, reason: str) -> str:
    descriptor = f"uri://ed-fi.org/AttendanceEventCategoryDescriptor#{category}"
    return (
        f"<AttendanceEvent><EventDate>{day}</EventDate><AttendanceEventCategory>{descriptor}"
        f"</AttendanceEventCategory><AttendanceEventReason>{reason}</AttendanceEventReason></AttendanceEvent>"
        f"<StudentReference><StudentIdentity><StudentUniqueId>{number}</StudentUniqueId></StudentIdentity>"
        "</StudentReference>"
    )


def school_event(
    number: str,
    day: str = "2025-09-10",
    category: str = "Unexcused Absence",
    *,
    school: str = "1",
    reason: str = "",
) -> str:
    """An event of a whole day."""
    inner = f"{_event(number, day, category, reason)}{school_of(school)}{session_of(school)}"
    return f"<StudentSchoolAttendanceEvent>{inner}</StudentSchoolAttendanceEvent>"


def section_event(
    number: str,
    day: str = "2025-09-10",
    category: str = "Tardy",
    *,
    identifier: str = "ALG-1-A",
    minutes: str = "7",
    arrival: str = "09:37:00",
) -> str:
    """An event of one class."""
    inner = f"<SectionIdentifier>{identifier}</SectionIdentifier>{_offering('ALG-1', '1')}"
    return (
        f"<StudentSectionAttendanceEvent>{_event(number, day, category, '')}"
        f"<SectionReference><SectionIdentity>{inner}</SectionIdentity></SectionReference>"
        f"<SectionAttendanceDuration>{minutes}</SectionAttendanceDuration><ArrivalTime>{arrival}</ArrivalTime>"
        "</StudentSectionAttendanceEvent>"
    )


def district(*events: str, students: tuple[str, ...] = ()) -> bytes:
    """A zip of a school with one term, one section and three students, and these events."""
    everybody = students or (student("11"), student("12", "Bob", "Ray"), student("13", "Cy", "Orr"))
    files = {
        "EducationOrgCalendar.xml": interchange("EducationOrgCalendar", term()),
        "Student.xml": interchange("Student", *everybody),
        "MasterSchedule.xml": interchange("MasterSchedule", section("ALG-1-A")),
        "StudentAttendance.xml": interchange("StudentAttendance", *events),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()
