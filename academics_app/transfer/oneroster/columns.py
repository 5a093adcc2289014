"""OneRoster's files and columns, and the other names that exporters give them."""

from collections.abc import Sequence

FILES: dict[str, str] = {
    "orgs": "sourcedId status name type identifier parentSourcedId",
    "academicSessions": "sourcedId status title type startDate endDate parentSourcedId schoolYear",
    "courses": "sourcedId status title courseCode orgSourcedId subjects",
    "classes": "sourcedId status title courseSourcedId classCode schoolSourcedId termSourcedIds subjects",
    "users": (
        "sourcedId status enabledUser orgSourcedIds role username givenName familyName identifier email sms phone "
        "agentSourcedIds primaryOrgSourcedId"
    ),
    "roles": "sourcedId status userSourcedId roleType role beginDate endDate orgSourcedId",
    "demographics": "sourcedId status birthDate",
    "enrollments": "sourcedId status classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
}
"""The files that are imported, in the order in which they are worked off, with the columns that are read."""

LEFT_ASIDE = {
    "manifest",
    "userProfiles",
    "userResources",
    "resources",
    "courseResources",
    "classResources",
    "categories",
    "lineItems",
    "results",
    "scoreScales",
    "lineItemScoreScales",
    "resultScoreScales",
    "lineItemLearningObjectiveIds",
    "resultLearningObjectiveIds",
}
"""Files of the standard that have no place here yet."""

_ALIASES: dict[str, dict[str, str]] = {
    "orgs": {"orgname": "name", "orgtype": "type"},
    "academicSessions": {"begindate": "startDate"},
    "courses": {"orgsourcedids": "orgSourcedId", "subject": "subjects"},
    "classes": {
        "termsourcedid": "termSourcedIds",
        "orgsourcedid": "schoolSourcedId",
        "subject": "subjects",
        "name": "title",
    },
    "users": {
        "orgsourcedid": "orgSourcedIds",
        "agents": "agentSourcedIds",
        "agentsourcedid": "agentSourcedIds",
        "agentsourceids": "agentSourcedIds",
        "userid": "userIds",
        "firstname": "givenName",
        "lastname": "familyName",
    },
    "roles": {"orgsourcedids": "orgSourcedId"},
    "demographics": {"usersourcedid": "sourcedId", "dateofbirth": "birthDate"},
    "enrollments": {"startdate": "beginDate", "isprimary": "primary"},
}
_STILL_READ = {"manifest": "propertyName value", "userProfiles": FILES["roles"]}
_NOT_REMARKABLE = {"datelastmodified", "datalastmodified"}


def is_secret(header: str) -> bool:
    """Whether a column may hold a password or a key: such a column is never read."""
    name = header.casefold()
    return any(word in name for word in ("password", "passwd", "secret", "passphrase", "credential"))


def canonical_columns(file: str, header: Sequence[str]) -> tuple[dict[str, int], list[int], list[str]]:
    """Where each known column is, which ones hold secrets, and remarks on the rest of the header."""
    known = {name.casefold(): name for name in (FILES.get(file) or _STILL_READ.get(file, "")).split()}
    aliases = {alias: name for alias, name in _ALIASES.get(file, {}).items() if name in known.values()}
    names = [raw.strip() for raw in header]
    secret = [at for at, name in enumerate(names) if is_secret(name)]
    columns: dict[str, int] = {}
    remarks: list[str] = []
    used: set[int] = set(secret)
    for meanings in (known, aliases):
        for at, name in enumerate(names):
            column = meanings.get(name.casefold())
            if column is None or at in used:
                continue
            used.add(at)
            if column in columns:
                remarks.append(f"The column {column} is there twice; the first one was read.")
                continue
            columns[column] = at
            if column != name:
                remarks.append(f"The column {name!r} was read as {column}.")
    if secret:
        remarks.append("Passwords in the file are not read; people get theirs by invitation.")
    ignored = [
        name
        for at, name in enumerate(names)
        if name and at not in used and name.casefold() not in _NOT_REMARKABLE
    ]
    if ignored and file in FILES:
        remarks.append(f"Columns that have no place here: {', '.join(ignored)}.")
    return columns, secret, remarks
