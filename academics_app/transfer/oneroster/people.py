"""Users become students, faculty members and guardians, each with an account that nobody can sign in to yet."""

from collections import Counter, defaultdict

from academics_app.core.actor import Role
from academics_app.transfer.oneroster.bundle import Row
from academics_app.transfer.oneroster.draft import Draft, asserted, same_name
from academics_app.transfer.oneroster.places import branch_of, only_branch
from academics_app.transfer.oneroster.plan import Action, Entity, Kind, Level
from academics_app.transfer.oneroster.snapshot import Values

PERSON_KINDS = (Kind.STUDENT, Kind.FACULTY, Kind.GUARDIAN)
ROLE_OF = {Kind.STUDENT: Role.STUDENT, Kind.FACULTY: Role.FACULTY, Kind.GUARDIAN: Role.GUARDIAN}
WORD_FOR = {Kind.STUDENT: "student", Kind.FACULTY: "teacher", Kind.GUARDIAN: "guardian"}

_KIND_OF = {
    "student": Kind.STUDENT,
    "teacher": Kind.FACULTY,
    "guardian": Kind.GUARDIAN,
    "parent": Kind.GUARDIAN,
    "relative": Kind.GUARDIAN,
}
_ADMINISTRATORS = {
    "administrator",
    "districtadministrator",
    "siteadministrator",
    "systemadministrator",
    "principal",
}
_MAX_NAME, _MAX_CODE, _MAX_EMAIL, _MAX_PHONE, _MAX_USERNAME = 200, 60, 254, 40, 100


def plan_people(draft: Draft, births: dict[str, str | None]) -> None:
    """Plan every row of users.csv; `births` are dates of birth by user, from demographics.csv."""
    users = People(draft, births)
    for row in draft.usable_rows("users", Kind.ACCOUNT):
        users.plan(row)


class People:
    """One pass over users.csv, and what roles.csv says of its people."""

    def __init__(self, draft: Draft, births: dict[str, str | None]) -> None:
        self.draft = draft
        self.births = births
        self.roles: dict[str, list[Row]] = defaultdict(list)
        self.has_roles_file = "roles" in draft.bundle.tables
        if self.has_roles_file:
            self._read_roles()
        identifiers = Counter(row["identifier"] for row in draft.bundle.table("users").rows)
        self.shared_identifiers = {identifier for identifier, count in identifiers.items() if count > 1}
        self.usernames: dict[str, int] = {}

    def _read_roles(self) -> None:
        draft = self.draft
        here = {row["sourcedId"] for row in draft.bundle.table("users").rows}
        for row in draft.usable_rows("roles", Kind.ACCOUNT):
            if draft.is_gone(row):
                draft.note(row, "status", f"{row['status']}: the role doesn't count.", alike="gone role")
            elif row["userSourcedId"] not in here:
                draft.note(
                    row,
                    "userSourcedId",
                    f"The user {row['userSourcedId']} isn't in users.csv.",
                    alike="no user",
                )
            else:
                self.roles[row["userSourcedId"]].append(row)
        for rows in self.roles.values():
            rows.sort(key=lambda row: row["roleType"].lower() != "primary")

    def plan(self, row: Row) -> None:
        """Decide what a user is here, and plan the person and the account."""
        draft, sourced_id = self.draft, row["sourcedId"]
        recorded = [kind for kind in PERSON_KINDS if draft.record(kind, sourced_id)]
        roles = self._roles_of(row)
        kinds = list(dict.fromkeys(kind for role in roles if (kind := _KIND_OF.get(role.lower()))))
        if draft.is_gone(row):
            self._give_up(row, recorded, kinds)
            return
        kinds = kinds if roles else recorded
        if not kinds:
            draft.refuse(row, Kind.ACCOUNT, "role", _no_kind_reason(roles))
        elif recorded and kinds[0] not in recorded:
            reason = (
                f"Imported as a {WORD_FOR[recorded[0]]} before, now a {WORD_FOR[kinds[0]]}: "
                "a change of role has to be made here."
            )
            draft.refuse(row, kinds[0], "role", reason)
        elif problem := _name_problem(row):
            draft.refuse(row, kinds[0], *problem)
        else:
            self._take_over(row, roles, kinds[0], kinds[1:])

    def _take_over(self, row: Row, roles: list[str], main: Kind, also: list[Kind]) -> None:
        draft = self.draft
        for role in roles:
            if role.lower() not in _KIND_OF:
                draft.note(row, "role", f"The role {role[:40]} is not imported.")
        if row["email"] and _email(row) is None:
            draft.note(row, "email", "It is no e-mail address: left empty.")
        if (row["phone"] or row["sms"]) and _phone(row) is None:
            draft.note(row, "phone", f"Longer than {_MAX_PHONE} characters: left empty.")
        entity = self._plan_person(row, main)
        if entity is None:
            return
        self._plan_account(row, main, entity)
        if Kind.GUARDIAN in also:
            draft.note(row, "role", f"Also a guardian: the account is the {WORD_FOR[main]}'s.")
            self._plan_person(row, Kind.GUARDIAN)
        elif also:
            draft.note(row, "role", f"Also a {WORD_FOR[also[0]]}: the first role counts.")

    def _roles_of(self, row: Row) -> list[str]:
        if not self.has_roles_file:
            return [row["role"]] if row["role"] else []
        rows = self.roles.get(row["sourcedId"], [])
        for role in rows:
            ended = role["endDate"]
            if ended and ended[:10] < self.draft.today and ended[:4].isdecimal():
                self.draft.note(role, "endDate", "The role has ended; the person is imported all the same.")
        return [role["role"] for role in rows if role["role"]]

    def _give_up(self, row: Row, recorded: list[Kind], kinds: list[Kind]) -> None:
        """Someone the other system has given up: the record stays, marked; the account is closed."""
        draft, sourced_id = self.draft, row["sourcedId"]
        if not recorded:
            draft.leave_out(row, kinds[0] if kinds else Kind.ACCOUNT)
            return
        for kind in recorded:
            gone: Values = {Kind.STUDENT: {"status": "withdrawn"}, Kind.FACULTY: {"status": "left"}}.get(
                kind, {}
            )
            draft.settle(row, kind, sourced_id, gone)
        account = draft.record(Kind.ACCOUNT, sourced_id)
        if account and self._may_touch(row, account.entity_id):
            draft.settle(row, Kind.ACCOUNT, sourced_id, {"status": "disabled"})
        draft.note(row, "status", f"{row['status']}: kept here, and the account is closed.", alike="gone")

    def _plan_person(self, row: Row, kind: Kind) -> Entity | None:
        draft, sourced_id = self.draft, row["sourcedId"]
        incoming = self._values(row, kind)
        match: int | None = None
        if draft.record(kind, sourced_id) is None:
            match, conflict = self._match(row, kind)
            if conflict:
                draft.refuse(row, kind, "identifier", conflict)
                return None
        if kind is Kind.STUDENT:
            branch = branch_of(draft, self._org_ids(row))
            if branch is None and draft.record(kind, sourced_id) is None and match is None:
                branch = self._only_branch(row)
                if branch is None:
                    orgs = ", ".join(self._org_ids(row)) or "no organisation"
                    reason = f"The student has to belong to a school here: {orgs} is none."
                    draft.refuse(row, kind, "orgSourcedIds", reason)
                    return None
            if branch is not None:
                incoming["branch_id"] = branch

        def complete() -> Values:
            if kind is Kind.GUARDIAN:
                return {}
            own = [] if row["identifier"] in self.shared_identifiers else [row["identifier"]]
            return {"code": draft.free_code(kind, own, sourced_id, _MAX_CODE)}

        return draft.settle(row, kind, sourced_id, incoming, match=match, on_create=complete)

    def _values(self, row: Row, kind: Kind) -> Values:
        given, family = _names(row)
        contact = {"email": ("email", _email(row)), "phone": ("phone sms", _phone(row))}
        if kind is not Kind.STUDENT:
            name: Values = {"full_name": f"{given} {family}".strip()}
            status: Values = {"status": "active"} if kind is Kind.FACULTY else {}
            return name | status | asserted(row, contact)
        values: Values = {
            "given_name": given,
            "family_name": family,
            "status": "active",
            **asserted(row, contact),
        }
        if row["sourcedId"] in self.births:
            values["date_of_birth"] = self.births[row["sourcedId"]]
        return values

    def _org_ids(self, row: Row) -> list[str]:
        of_roles = [role["orgSourcedId"] for role in self.roles.get(row["sourcedId"], [])]
        return [org for org in (row["primaryOrgSourcedId"], *row.items_of("orgSourcedIds"), *of_roles) if org]

    def _only_branch(self, row: Row) -> Entity | None:
        branch = only_branch(self.draft)
        if branch is not None:
            self.draft.note(
                row, "orgSourcedIds", "No school of the student's is known: put into the only branch."
            )
        return branch

    def _match(self, row: Row, kind: Kind) -> tuple[int | None, str | None]:
        """Someone here who was never imported and has the same code or user name and name; or why that's doubtful."""
        draft, sourced_id, identifier = self.draft, row["sourcedId"], row["identifier"]
        given, family = _names(row)
        if kind is not Kind.GUARDIAN:
            if identifier in self.shared_identifiers and identifier:
                draft.note(
                    row, "identifier", "Several users have this identifier: the sourcedId is the code."
                )
                identifier = ""
            for code in filter(None, (identifier, sourced_id)):
                match = draft.match_by_code(kind, [code])
                if match is None:
                    continue
                if _is_named(draft.current(kind, match), given, family):
                    draft.note(
                        row, "identifier", f"A {WORD_FOR[kind]} with the code {code} is here already: linked."
                    )
                    return match, None
                if code == identifier:
                    return None, f"The code {code} belongs to someone of another name here."
        account_id = draft.snapshot.account_by_username.get(row["username"].lower())
        account = draft.snapshot.accounts.get(account_id) if account_id else None
        if account and account.role == ROLE_OF[kind] and (person := account.person(kind)) is not None:
            here = draft.snapshot.rows[kind].get(person)
            free = draft.is_free(kind, person) and draft.recorded_as(kind, person) is None
            if here and free and same_name(_full_name(here), f"{given} {family}"):
                draft.note(
                    row, "username", "The account with this user name and name is here already: linked."
                )
                return person, None
        return None, None

    def _plan_account(self, row: Row, kind: Kind, person: Entity) -> None:
        draft, sourced_id = self.draft, row["sourcedId"]
        given, family = _names(row)
        email = _email(row)
        enabled = row["enabledUser"].lower() not in {"false", "0", "no", "n", "f"}
        values = {
            "full_name": ("givenName familyName", f"{given} {family}".strip()),
            "email": ("email", email),
            "status": ("enabledUser sourcedId", "active" if enabled else "disabled"),
        }
        incoming = asserted(row, values)
        record = draft.record(Kind.ACCOUNT, sourced_id)
        existing = record.entity_id if record else None
        if existing is None and isinstance(person, int):
            existing = draft.snapshot.account_of.get((kind, person))
        if existing is not None:
            if self._may_touch(row, existing):
                draft.settle(row, Kind.ACCOUNT, sourced_id, incoming, match=existing)
            return
        username = row["username"] or email or ""
        problem = self._username_problem(username)
        if problem:
            draft.say(
                row,
                Level.REFUSED,
                "username",
                f"{problem} The {WORD_FOR[kind]} is imported without an account.",
            )
            draft.count(row, Kind.ACCOUNT, Action.REFUSED)
            return
        self.usernames[username.lower()] = row.number
        owner = {f"{kind}_id": person}
        draft.settle(
            row,
            Kind.ACCOUNT,
            sourced_id,
            incoming,
            on_create=lambda: {"username": username, "role": ROLE_OF[kind].value, **owner},
        )

    def _username_problem(self, username: str) -> str | None:
        if not username:
            return "There is no user name."
        if len(username) > _MAX_USERNAME:
            return f"The user name is longer than {_MAX_USERNAME} characters."
        if username.lower() in self.draft.snapshot.account_by_username:
            return f"The user name {username} belongs to another account here."
        if (row := self.usernames.get(username.lower())) is not None:
            return f"The user name {username} is that of row {row}."
        return None

    def _may_touch(self, row: Row, account_id: int) -> bool:
        """Accounts with more rights than an import may give are left alone."""
        account = self.draft.snapshot.accounts.get(account_id)
        if account is None or account.role in (Role.STUDENT, Role.FACULTY, Role.GUARDIAN):
            return True
        self.draft.note(row, "username", f"The account is a {account.role}'s here: left alone.")
        self.draft.count(row, Kind.ACCOUNT, Action.UNCHANGED)
        return False


def _no_kind_reason(roles: list[str]) -> str:
    if not roles:
        return "There is no role."
    if any(role.lower() in _ADMINISTRATORS for role in roles):
        return f"{roles[0][:40]}: administrators are not created by import."
    return f"{roles[0][:40]}: only students, teachers and guardians are imported."


def _names(row: Row) -> tuple[str, str]:
    """Given and family name; someone with one name has it as the given one."""
    given, family = " ".join(row["givenName"].split()), " ".join(row["familyName"].split())
    return (given, family) if given else (family, "")


def _email(row: Row) -> str | None:
    email = row["email"]
    return email if "@" in email and " " not in email and len(email) <= _MAX_EMAIL else None


def _phone(row: Row) -> str | None:
    phone = row["phone"] or row["sms"]
    return phone if phone and len(phone) <= _MAX_PHONE else None


def _name_problem(row: Row) -> tuple[str, str] | None:
    given, family = _names(row)
    if not given:
        return "givenName", "The name is empty."
    if len(f"{given} {family}") > _MAX_NAME:
        return "familyName", f"The name is longer than {_MAX_NAME} characters."
    return None


def _full_name(values: Values) -> str:
    return values.get("full_name") or f"{values['given_name']} {values['family_name']}"


def _is_named(values: Values, given: str, family: str) -> bool:
    """Whether someone here may be the one in the file: the given or the family name is the same."""
    if "given_name" not in values:
        here = values["full_name"].split()
        return same_name(values["full_name"], f"{given} {family}") or same_name(
            here[-1] if here else "", family
        )
    return same_name(values["given_name"], given) or same_name(values["family_name"], family)
