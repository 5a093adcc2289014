"""What a bundle's quirks lead to, decided without a database."""

from datetime import date

import pytest

from academics_app.transfer.oneroster.bundle import read_bundle
from academics_app.transfer.oneroster.dates import BadDateError, Order, order_of, parse_date
from academics_app.transfer.oneroster.merge import merge
from academics_app.transfer.oneroster.plan import Action, Kind, Level, Plan
from academics_app.transfer.oneroster.ranges import Days, movable
from academics_app.transfer.oneroster.rules import make_plan
from academics_app.transfer.oneroster.snapshot import Snapshot
from tests.transfer.bundles import Rows, bundle, enrollment, school, user, with_row

TODAY = date(2026, 11, 23)


def plan(files: dict[str, Rows], **headers: str) -> Plan:
    return make_plan(read_bundle(bundle(files, headers=headers), name="roster.zip"), Snapshot(TODAY))


def said(made: Plan, level: Level) -> list[str]:
    return [f"{m.file} {m.row} {m.field}: {m.reason}" for m in made.messages if m.level is level]


def refused(made: Plan) -> list[str]:
    return said(made, Level.REFUSED)


def created(made: Plan, kind: Kind) -> dict[str, dict[str, object]]:
    return {create.sourced_id: create.values for create in made.creates[kind]}


def test_the_same_two_give_the_same_plan() -> None:
    assert plan(school()).digest == plan(school()).digest
    assert (
        plan(school()).digest != plan(with_row(school(), "users", "student-1", email="x@example.org")).digest
    )


def test_a_department_without_a_school_is_a_branch_and_one_within_belongs_to_it() -> None:
    orgs = [
        {"sourcedId": "dep-1", "name": "Physics", "type": "department", "parentSourcedId": "org-1"},
        {"sourcedId": "org-1", "name": "North", "type": "school", "parentSourcedId": "dis-1"},
        {"sourcedId": "dep-2", "name": "History", "type": "department", "parentSourcedId": "nowhere"},
        {"sourcedId": "dis-1", "name": "District", "type": "district"},
        {"sourcedId": "odd-1", "name": "Odd", "type": ""},
    ]
    made = plan(
        school(orgs=orgs, users=[user("u", "student", "A", "B", orgSourcedIds="dep-1")], enrollments=[])
    )
    assert list(created(made, Kind.BRANCH)) == ["org-1", "odd-1", "dep-2"]
    assert created(made, Kind.STUDENT)["u"]["branch_id"] == ("branch", "org-1")
    notes = [note for note in said(made, Level.NOTE) if note.startswith("orgs")]
    assert notes == [
        "orgs 2 type: A department of org-1: it belongs to that branch.",
        "orgs 4 parentSourcedId: The parent nowhere isn't in the file: taken without it.",
        "orgs 5 type: A district is no place of teaching: left out.",
        "orgs 6 type: No type: taken as a school.",
    ]


def test_the_subject_of_a_class_without_its_course() -> None:
    files = school(courses=[])
    one = files["classes"][0] | {"courseSourcedId": "c-9", "subjects": "Science, Art"}
    other = one | {"sourcedId": "class-2", "courseSourcedId": "", "subjects": "0", "title": "Drama"}
    third = other | {"sourcedId": "class-3"}
    made = plan(files | {"classes": [one, other, third]})
    subjects = created(made, Kind.SUBJECT)
    assert {key: values["name"] for key, values in subjects.items()} == {
        "c-9": "Science",
        "class-subject:drama": "Drama",
    }
    assert created(made, Kind.BATCH)["class-3"]["subject_id"] == ("subject", "class-subject:drama")
    assert (
        "classes 2 courseSourcedId: The course c-9 is neither in courses.csv nor here: "
        "the subject 'Science' is made of the class's own words."
    ) in said(made, Level.NOTE)


def test_a_course_that_is_given_up_stays_while_a_class_uses_it() -> None:
    made = plan(with_row(school(), "courses", "course-1", status="tobedeleted"))
    assert [values["name"] for values in created(made, Kind.SUBJECT).values()] == ["Mathematics A"]
    assert "classes 2 courseSourcedId: The course course-1 is tobedeleted: the subject 'Mathematics A' is made of the class's own words." in said(made, Level.NOTE)  # fmt: skip


def test_a_class_without_terms_begins_with_its_first_enrolment_or_today() -> None:
    files = with_row(school(), "classes", "class-1", termSourcedIds="unknown")
    files = with_row(files, "enrollments", "e-s1", beginDate="2026-09-07")
    assert created(plan(files), Kind.BATCH)["class-1"]["starts_on"] == "2026-09-07"
    files = with_row(files, "enrollments", "e-s1", beginDate="")
    batch = created(plan(files), Kind.BATCH)["class-1"]
    assert (batch["starts_on"], batch["ends_on"]) == ("2026-11-23", None)


def test_equal_titles_stay_two_terms() -> None:
    term = school()["academicSessions"][0]
    made = plan(school(academicSessions=[term, term | {"sourcedId": "term-2"}]))
    assert len(made.creates[Kind.TERM]) == 2
    assert "academicSessions 3 title: Called “Autumn” like row 2; they stay two terms." in said(
        made, Level.NOTE
    )


@pytest.mark.parametrize(
    ("file", "sourced_id", "values", "reason"),
    [
        ("orgs", "org-1", {"name": ""}, "orgs 2 name: The name is empty."),
        ("orgs", "org-1", {"name": "x" * 201}, "orgs 2 name: The name is longer than 200 characters."),
        ("academicSessions", "term-1", {"title": ""}, "academicSessions 2 title: The title is empty."),
        (
            "academicSessions",
            "term-1",
            {"endDate": "2026-08-01"},
            "academicSessions 2 endDate: The term ends before it begins.",
        ),
        (
            "academicSessions",
            "term-1",
            {"startDate": "1/05/2026"},
            "academicSessions 2 startDate: 1/05/2026 can't be told for sure: day or month first? Write 2026-05-01 or 2026-01-05.",
        ),
        (
            "academicSessions",
            "term-1",
            {"startDate": ""},
            "academicSessions 2 startDate: A term needs both its dates.",
        ),
        ("courses", "course-1", {"title": ""}, "courses 2 title: The title is empty."),
        (
            "classes",
            "class-1",
            {"title": "x" * 201},
            "classes 2 title: The title is longer than 200 characters.",
        ),
        ("classes", "class-1", {"schoolSourcedId": ""}, "classes 2 schoolSourcedId: There is no school."),
        (
            "classes",
            "class-1",
            {"schoolSourcedId": "o-9"},
            "classes 2 schoolSourcedId: The school o-9 is neither in orgs.csv nor here.",
        ),
        ("users", "student-1", {"role": ""}, "users 3 role: There is no role."),
        (
            "users",
            "student-1",
            {"role": "principal"},
            "users 3 role: principal: administrators are not created by import.",
        ),
        (
            "users",
            "student-1",
            {"role": "aide"},
            "users 3 role: aide: only students, teachers and guardians are imported.",
        ),
        ("users", "student-1", {"givenName": "", "familyName": ""}, "users 3 givenName: The name is empty."),
        (
            "users",
            "student-1",
            {"givenName": "x" * 201},
            "users 3 familyName: The name is longer than 200 characters.",
        ),
        ("users", "student-1", {"sourcedId": ""}, "users 3 sourcedId: The sourcedId is empty."),
        (
            "users",
            "student-1",
            {"sourcedId": "x" * 301},
            "users 3 sourcedId: The sourcedId is longer than 300 characters.",
        ),
        (
            "users",
            "student-1",
            {"sourcedId": "teacher-1"},
            "users 3 sourcedId: The same sourcedId as in row 2.",
        ),
        (
            "users",
            "student-1",
            {"status": "archived"},
            "users 3 status: 'archived' is no status; active or tobedeleted.",
        ),
        (
            "users",
            "student-1",
            {"username": ""},
            "users 3 username: The user name ann@example.org is that of row 4. The student is imported without an account.",
        ),
        (
            "demographics",
            "student-1",
            {"birthDate": "2030-01-01"},
            "demographics 2 birthDate: 2030-01-01 is in the future.",
        ),
        (
            "demographics",
            "student-1",
            {"sourcedId": "u-9"},
            "demographics 2 sourcedId: The user u-9 is neither in users.csv nor here.",
        ),
        (
            "enrollments",
            "e-s1",
            {"role": "proctor"},
            "enrollments 3 role: The role 'proctor' has no place in a batch here.",
        ),
        (
            "enrollments",
            "e-s1",
            {"userSourcedId": "teacher-1"},
            "enrollments 3 role: teacher-1 is a teacher, not a student.",
        ),
        (
            "enrollments",
            "e-t1",
            {"userSourcedId": "student-1"},
            "enrollments 2 role: student-1 is a student, not a teacher.",
        ),
        (
            "enrollments",
            "e-s1",
            {"classSourcedId": "c-9"},
            "enrollments 3 classSourcedId: The class c-9 is neither in classes.csv nor here.",
        ),
        (
            "enrollments",
            "e-s1",
            {"endDate": "2026-08-01"},
            "enrollments 3 endDate: It ends on 2026-08-01, before it begins on 2026-09-01, where a missing date is the class's.",
        ),
        (
            "enrollments",
            "e-s1",
            {"beginDate": "soon"},
            "enrollments 3 beginDate: 'soon' isn't a date like 2026-11-23.",
        ),
    ],
)
def test_rows_that_are_refused(file: str, sourced_id: str, values: dict[str, str], reason: str) -> None:
    files = school()
    if reason.startswith("users 3 username"):
        files = with_row(files, "users", "student-2", username="Ann@example.org")
        files["users"] = [files["users"][0], files["users"][2], files["users"][1], files["users"][3]]
        reason = reason.replace("users 3", "users 4").replace("row 4", "row 3")
    assert reason in refused(plan(with_row(files, file, sourced_id, **values)))


def test_what_depends_on_a_refused_row_is_refused_with_the_cause() -> None:
    made = plan(with_row(school(), "users", "student-1", role="administrator"))
    assert refused(made) == [
        "users 3 role: administrator: administrators are not created by import.",
        "users 5 agentSourcedIds: student-1 was refused (row 3). The person is imported without this link.",
        "demographics 2 sourcedId: The user student-1 was refused (row 3).",
        "enrollments 3 userSourcedId: The user student-1 was refused (row 3).",
    ]


@pytest.mark.parametrize("status", ["tobedeleted", "inactive"])
def test_what_was_given_up_before_it_came_here_is_left_out(status: str) -> None:
    made = plan(with_row(school(), "classes", "class-1", status=status))
    assert made.creates[Kind.BATCH] == []
    assert f"classes 2 status: {status} and not here: left out" in said(made, Level.NOTE)
    assert refused(made) == [
        f"enrollments {row} classSourcedId: The class class-1 is {status}." for row in (2, 3, 4)
    ]


def test_agents_count_from_both_sides_and_of_the_right_role_alone() -> None:
    files = with_row(school(), "users", "student-2", agentSourcedIds="parent-1,teacher-1,nobody")
    files = with_row(files, "users", "student-1", agentSourcedIds="parent-1")
    made = plan(files)
    assert [
        (link.student.sourced_id, link.is_primary) for link in made.links if not isinstance(link.student, int)
    ] == [
        ("student-1", True),
        ("student-2", True),
    ]
    assert refused(made) == [
        "users 4 agentSourcedIds: teacher-1 is a teacher, not a guardian. The person is imported without this link.",
        "users 4 agentSourcedIds: nobody is neither in users.csv nor here. The person is imported without this link.",
    ]


def test_roles_of_version_1_2_decide_primary_first() -> None:
    def role(number: int, user_id: str, name: str, kind: str = "primary", **values: str) -> dict[str, str]:
        return {
            "sourcedId": f"r-{number}",
            "userSourcedId": user_id,
            "roleType": kind,
            "role": name,
            "orgSourcedId": "org-1",
        } | values

    users = [
        {
            **user(name, "", name.title(), "Test", agentSourcedIds="kid" if name == "both" else ""),
            "orgSourcedIds": "",
        }
        for name in ("both", "kid", "boss", "gone", "none", "head")
    ]
    roles = [
        role(1, "both", "guardian", "secondary"),
        role(2, "both", "teacher", endDate="2020-01-01"),
        role(3, "kid", "student"),
        role(4, "boss", "siteAdministrator"),
        role(5, "gone", "student", status="tobedeleted"),
        role(6, "head", "principal"),
        role(7, "head", "teacher", "secondary"),
        role(8, "stranger", "student"),
    ]
    made = plan(school(users=users, roles=roles, enrollments=[], demographics=[]))
    assert made.version == "1.2"
    assert list(created(made, Kind.FACULTY)) == ["both", "head"]
    assert list(created(made, Kind.GUARDIAN)) == ["both"]
    assert list(created(made, Kind.STUDENT)) == ["kid"]
    assert {key: values["role"] for key, values in created(made, Kind.ACCOUNT).items()} == {
        "both": "faculty",
        "kid": "student",
        "head": "faculty",
    }
    assert len(made.links) == 1
    assert refused(made) == [
        "users 4 role: siteAdministrator: administrators are not created by import.",
        "users 5 role: There is no role.",
        "users 6 role: There is no role.",
    ]


def test_the_batch_gets_its_primary_teacher() -> None:
    files = school()
    teachers = [user("teacher-2", "teacher", "Ulf", "Moor"), *files["users"]]
    rows = [enrollment("e-t2", "teacher-2", role="teacher", primary="false"), *files["enrollments"]]
    made = plan(files | {"users": teachers, "enrollments": rows})
    assert created(made, Kind.BATCH)["class-1"]["faculty_id"] == ("faculty", "teacher-1")
    assert (
        "enrollments 2 primary: A batch has one faculty member: someone else was chosen (primary first)."
        in said(made, Level.NOTE)
    )


def test_a_student_twice_in_one_class() -> None:
    files = school()
    again = enrollment("e-s1b", "student-1", beginDate="2026-12-01")
    later = enrollment("e-s1c", "student-1", beginDate="2027-01-10", endDate="2027-02-01")
    made = plan(files | {"enrollments": [*files["enrollments"], again, later]})
    assert refused(made) == [
        "enrollments 5 beginDate: The student is enrolled in this class already from 2026-09-01 to 2026-12-18 (row 3)."
    ]
    assert "enrollments 6 beginDate: It reaches beyond the dates of its class." in said(made, Level.NOTE)
    assert len(made.creates[Kind.ENROLLMENT]) == 3


def test_codes_that_several_rows_share_fall_back_to_the_sourced_id() -> None:
    files = with_row(school(), "users", "student-2", identifier="S1")
    second = files["classes"][0] | {"sourcedId": "class-2", "title": "Other"}
    made = plan(files | {"classes": [*files["classes"], second]})
    assert {v["code"] for v in created(made, Kind.STUDENT).values()} == {"student-1", "student-2"}
    assert {v["code"] for v in created(made, Kind.BATCH).values()} == {"class-1", "class-2"}
    long = plan(with_row(school(), "orgs", "org-1", identifier="", sourcedId="o" * 60))
    assert len(str(created(long, Kind.BRANCH)["o" * 60]["code"])) <= 40


def test_one_name_is_the_given_one_and_wrong_contacts_are_left_empty() -> None:
    files = with_row(
        school(),
        "users",
        "student-1",
        givenName="",
        familyName="Cher",
        email="not one",
        phone="1" * 41,
        sms="",
    )
    made = plan(files)
    cher = created(made, Kind.STUDENT)["student-1"]
    assert (cher["given_name"], cher["family_name"], cher["email"], cher["phone"]) == ("Cher", "", None, None)


def test_notes_of_one_wording_are_cut_off_and_counted() -> None:
    many = [user(f"u-{n}", "student", "A", f"B{n}", username=f"u{n}", email="wrong") for n in range(250)]
    made = plan(school(users=many, enrollments=[], demographics=[]))
    notes = [m.reason for m in made.messages if m.file == "users" and m.field == "email"]
    assert len(notes) == 201
    assert "50 more rows with the note “It is no e-mail address: left empty”." in notes


def test_a_file_without_sourced_ids_is_refused_as_a_whole() -> None:
    made = plan(school(demographics=[{"birthDate": "2010-01-01"}]), demographics="birthDate sex")
    assert refused(made) == [
        "demographics 0 sourcedId: demographics.csv has no column sourcedId: nothing of it is imported."
    ]
    assert made.counts["demographics", Kind.BIRTH_DATE, Action.REFUSED] == 1


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("", Order.UNKNOWN, None),
        ("2023-05-01", Order.UNKNOWN, date(2023, 5, 1)),
        ("2023-05-01T18:25:43.511Z", Order.UNKNOWN, date(2023, 5, 1)),
        ("2017-05-06 08:01:05", Order.UNKNOWN, date(2017, 5, 6)),
        ("15/06/2023", Order.UNKNOWN, date(2023, 6, 15)),
        ("6/15/2023", Order.DAY_FIRST, date(2023, 6, 15)),
        ("1/05/2023", Order.DAY_FIRST, date(2023, 5, 1)),
        ("1/05/2023", Order.MONTH_FIRST, date(2023, 1, 5)),
        ("5.5.2023", Order.UNKNOWN, date(2023, 5, 5)),
    ],
)
def test_dates(text: str, order: Order, expected: date | None) -> None:
    assert parse_date(text, order) == expected


@pytest.mark.parametrize(
    "text", ["1/05/2023", "2023-02-30", "31/02/2023", "0026-01-01", "tomorrow", "99/99/2023"]
)
def test_dates_that_cannot_be_told(text: str) -> None:
    with pytest.raises(BadDateError):
        parse_date(text)


def test_a_column_tells_the_order_of_its_dates() -> None:
    assert order_of(["1/05/2023", "15/06/2023"]) is Order.DAY_FIRST
    assert order_of(["1/05/2023", "6/15/2023"]) is Order.MONTH_FIRST
    assert order_of(["15/06/2023", "6/15/2023"]) is Order.UNKNOWN
    assert order_of(["", "2023-01-01"]) is Order.UNKNOWN


@pytest.mark.parametrize(
    ("incoming", "last", "here", "changes", "kept"),
    [
        ("a", "a", "a", {}, []),
        ("b", "a", "a", {"x": "b"}, []),
        ("a", "a", "mine", {}, ["x"]),
        ("b", "a", "mine", {}, ["x"]),
        ("mine", "a", "mine", {}, []),
        (None, "a", "a", {"x": None}, []),
        (None, None, "mine", {}, []),
        ("b", ..., "mine", {}, ["x"]),
        ("b", ..., None, {"x": "b"}, []),
    ],
)
def test_the_three_way_comparison(
    incoming: str | None, last: object, here: str | None, changes: dict[str, object], kept: list[str]
) -> None:
    merged = merge({"x": incoming}, None if last is ... else {"x": last}, {"x": here})
    assert (merged.changes, merged.kept) == (changes, kept)
    assert merged.remembered == {"x": incoming}


def test_moves_of_enrolments() -> None:
    early, late, whole = Days("2026-01-01", "2026-01-31"), Days("2026-02-01", None), Days("2026-01-01", None)
    assert movable([], {1: (early, late), 2: (late, early)}) == {1, 2}
    assert movable([early], {1: (late, whole)}) == set()
    assert movable([], {1: (early, whole), 2: (late, Days("2027-01-01", None))}) == {2}
