"""Students in families, their guardians, the faculty, and everybody's accounts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from academics_app.accounts.models import User, UserBranch
from academics_app.core.actor import Role
from academics_app.core.search import normalise
from academics_app.demo.names import Name, email_address, make_family, phone_numbers
from academics_app.demo.size import Size
from academics_app.faculty.models import Faculty, FacultyStatus
from academics_app.faculty.rules import faculty_search_text
from academics_app.institute.models import Branch
from academics_app.students.models import Guardian, Student, StudentGuardian, StudentStatus
from academics_app.students.rules import guardian_search_text, student_search_text

_RELATIONS = (("mother", "father"), ("father", "mother"), ("grandmother", "uncle"), ("guardian", "aunt"))


@dataclass(slots=True)
class People:
    """Everybody; ids are set. A faculty member's account is `faculty_user_ids[faculty.id]`."""

    students: list[Student] = field(default_factory=list)
    guardians: list[Guardian] = field(default_factory=list)
    guardianships: list[StudentGuardian] = field(default_factory=list)
    faculty: list[Faculty] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    user_branches: list[UserBranch] = field(default_factory=list)
    faculty_user_ids: dict[int, int] = field(default_factory=dict)


def invent_people(size: Size, branches: list[Branch], today: date, seed: str) -> People:
    """Families of one to three children, some with two guardians; faculty members, one of them on leave."""
    rng = Random(f"{seed}:people")  # noqa: S311 - invention, not secrecy
    phones = phone_numbers()
    people = People()
    _invent_faculty(people, size, rng, phones)
    while len(people.students) < size.students:
        children = min(rng.choices((1, 2, 3), (68, 23, 9))[0], size.students - len(people.students))
        family = make_family(rng)
        branch = branches[rng.choices(range(len(branches)), [3] + [2] * (len(branches) - 1))[0]]
        names = family.members(children + 2, rng)
        siblings = [_invent_student(people, name, branch, today, rng, phones) for name in names[2:]]
        _invent_guardians(people, names[:2], siblings, rng, phones)
    return people


def open_accounts(
    people: People, persons: dict[Role, int], password_hash: str, branches: list[Branch]
) -> None:
    """Give everybody an account. Only five have a password: an admin, a counselor and, by their id, `persons`."""

    def account(role: Role, code: str, name: str, email: str | None, person: int | None = None) -> User:
        known = person is not None and persons.get(role) == person
        user = User(
            id=len(people.users) + 1,
            username=role.value if known else code.lower(),
            full_name=name,
            email=email,
            role=role,
            password_hash=password_hash if known else None,
        )
        user.search_text = normalise(user.full_name, user.username, user.email)
        people.users.append(user)
        return user

    for role, name in ((Role.ADMIN, "Ada Demo"), (Role.COUNSELOR, "Cleo Demo")):
        account(role, role.value, name, f"{role.value}@staff.example.org").password_hash = password_hash
    limited = account(Role.COUNSELOR, "counselor-2", "Rui Demo", "counselor-2@staff.example.org")
    people.user_branches.append(UserBranch(user_id=limited.id, branch_id=branches[-1].id))
    for member in people.faculty:
        user = account(Role.FACULTY, member.code, member.full_name, member.email, member.id)
        user.faculty_id = member.id
        people.faculty_user_ids[member.id] = user.id
    for student in people.students:
        name = f"{student.given_name} {student.family_name}".strip()
        account(Role.STUDENT, student.code, name, student.email, student.id).student_id = student.id
    for guardian in people.guardians:
        user = account(Role.GUARDIAN, f"g{guardian.id:05d}", guardian.full_name, guardian.email, guardian.id)
        user.guardian_id = guardian.id


def _invent_faculty(people: People, size: Size, rng: Random, phones: Iterator[str]) -> None:
    for number in range(1, size.faculty + 1):
        name = make_family(rng).members(1, rng)[0]
        email = email_address(name, number, "staff.example.org")
        phone = next(phones)
        code = f"F-{number:03d}"
        last = number == size.faculty
        people.faculty.append(
            Faculty(
                id=number,
                code=code,
                full_name=name.full,
                email=email,
                phone=phone,
                status=FacultyStatus.ON_LEAVE if last else FacultyStatus.ACTIVE,
                search_text=faculty_search_text(full_name=name.full, code=code, email=email, phone=phone),
            )
        )


def _invent_student(
    people: People, name: Name, branch: Branch, today: date, rng: Random, phones: Iterator[str]
) -> Student:
    number = len(people.students) + 1
    code = f"S-{number:05d}"
    email = email_address(name, number, "students.example.org") if rng.random() < 0.8 else None
    phone = next(phones) if rng.random() < 0.6 else None
    student = Student(
        id=number,
        code=code,
        given_name=name.given,
        family_name=name.family,
        email=email,
        phone=phone,
        date_of_birth=today - timedelta(days=rng.randrange(11 * 365, 20 * 365)),
        status=StudentStatus.ACTIVE,
        branch_id=branch.id,
        search_text=student_search_text(
            given_name=name.given, family_name=name.family, code=code, email=email, phone=phone
        ),
    )
    people.students.append(student)
    return student


def _invent_guardians(
    people: People, names: list[Name], siblings: list[Student], rng: Random, phones: Iterator[str]
) -> None:
    relations = rng.choice(_RELATIONS)
    for position in range(2 if rng.random() < 0.35 else 1):
        number = len(people.guardians) + 1
        name = names[position].full
        email = email_address(names[position], number, "family.example.org") if rng.random() < 0.9 else None
        phone = next(phones)
        people.guardians.append(
            Guardian(
                id=number,
                full_name=name,
                email=email,
                phone=phone,
                search_text=guardian_search_text(full_name=name, email=email, phone=phone),
            )
        )
        people.guardianships.extend(
            StudentGuardian(
                student_id=student.id,
                guardian_id=number,
                relation=relations[position],
                is_primary=position == 0,
            )
            for student in siblings
        )
