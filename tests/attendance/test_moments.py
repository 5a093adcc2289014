"""What one person did in one go is one moment of a register's past."""

from datetime import UTC, datetime, timedelta

from academics_app.attendance.models import AttendanceStatus, MarkSource, RegisterAction
from academics_app.attendance.moments import moments
from academics_app.attendance.schemas.history import MarkChange, PastMark, RegisterChange, RegisterHistory
from academics_app.core.actor import Door

START = datetime(2027, 3, 1, 10, tzinfo=UTC)


def mark(seconds: int, *, by: str = "Ada", student_id: int = 1, door: Door = Door.SCREEN) -> MarkChange:
    return MarkChange(
        id=seconds + 1,
        at=START + timedelta(seconds=seconds),
        by=by,
        door=door,
        student_id=student_id,
        student_name=f"Student {student_id}",
        before=PastMark(),
        after=PastMark(status=AttendanceStatus.ABSENT),
        source=MarkSource.PERSON,
        suggested_by=None,
    )


def taken(seconds: int, *, by: str = "Ada") -> RegisterChange:
    at = START + timedelta(seconds=seconds)
    return RegisterChange(at=at, by=by, door=Door.SCREEN, action=RegisterAction.TAKEN)


def test_one_go_is_one_moment() -> None:
    history = RegisterHistory(
        session_id=1,
        marks=[
            mark(0),
            mark(100, student_id=2),
            mark(230, student_id=3),
            mark(240, by="Ben"),
            mark(250, by="Ben", door=Door.REST),
        ],
        register_changes=[taken(105), taken(260, by="Ben")],
    )
    found = moments(history)
    assert [(each.by, len(each.marks), len(each.register_changes)) for each in found] == [
        ("Ada", 2, 1),
        ("Ada", 1, 0),
        ("Ben", 1, 0),
        ("Ben", 1, 0),
        ("Ben", 0, 1),
    ]
    assert (found[0].begins_at, found[0].at) == (START, START + timedelta(seconds=105))
    of_one = moments(history, student_id=2)
    assert [(len(each.marks), len(each.register_changes)) for each in of_one] == [(1, 1), (0, 1)]
    assert moments(RegisterHistory(session_id=1, marks=[], register_changes=[])) == []
