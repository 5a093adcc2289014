"""Accounts: who may sign in, as what, and how an account comes to be and ends."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts import authentication, queries
from academics_app.accounts.audit import record
from academics_app.accounts.models import AuthSession, User, UserBranch, UserStatus
from academics_app.accounts.schemas import (
    AdminCreate,
    AuditRead,
    FirstAdmin,
    Invitation,
    Registration,
    SignInRead,
    UserCreate,
    UserRead,
    UserUpdate,
)
from academics_app.core import search, security
from academics_app.core.actor import Actor, Door, Role, system_actor
from academics_app.core.clock import utc_now
from academics_app.core.config import get_settings
from academics_app.core.constraints import refusals
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict, Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.security import TokenHolder, TokenKind
from academics_app.core.versions import refuse_stale
from academics_app.institute.service import current_settings, update_settings
from academics_app.students.schemas import StudentCreate
from academics_app.students.service import access_student, create_student

INVITATION_LIFETIME = timedelta(days=7)
_FIRST_ADMIN_LOCK = 7_301_001
"""Key of the advisory lock under which the first admin is made."""


async def register_student(session: AsyncSession, *, data: Registration, door: Door) -> UserRead:
    """A student signs up; the account waits for an admin unless the institute lets students in by themselves."""
    settings = await current_settings(session)
    user = await _add_user(
        session,
        User(
            username=data.username,
            email=data.email,
            full_name=data.full_name,
            role=Role.STUDENT,
            status=UserStatus.PENDING,
            password_hash=await security.hash_password(data.password),
        ),
    )
    actor = system_actor(door)
    if settings.registration_open:
        await _activate_student(session, user, actor=actor, student_id=None)
    _record(session, actor, "user.register", user)
    announce(session, "users")
    return read_user(user)


async def approve_user(
    session: AsyncSession, *, actor: Actor, user_id: int, student_id: int | None = None
) -> UserRead:
    """Let a registered student in, linked to an existing student record or to a new one."""
    user = await access_user(session, user_id, actor=actor)
    if user.status is not UserStatus.PENDING:
        raise Conflict("This account is not waiting for approval.")
    before = _facts(user)
    await _activate_student(session, user, actor=actor, student_id=student_id)
    user.version += 1
    _record(session, actor, "user.approve", user, before=before)
    announce(session, "users")
    return read_user(user)


async def create_user(session: AsyncSession, *, actor: Actor, data: UserCreate) -> UserRead:
    """An account without a password yet: `create_invitation` gives the link with which the person chooses one."""
    _require_manager(actor)
    user = await _add_user(session, User(**data.model_dump(exclude={"branch_ids"}), status=UserStatus.ACTIVE))
    _check_person(user)
    session.add_all(UserBranch(user_id=user.id, branch_id=branch_id) for branch_id in set(data.branch_ids))
    _record(session, actor, "user.create", user)
    announce(session, "users")
    return read_user(user)


async def update_user(session: AsyncSession, *, actor: Actor, user_id: int, data: UserUpdate) -> UserRead:
    """Change an account. A new role or status ends its sign-ins; the last admin stays an active admin."""
    user = await access_user(session, user_id, actor=actor)
    changes = data.model_dump(exclude_unset=True, exclude={"version", "branch_ids"})
    refuse_stale(user.version, data.version)
    before = _facts(user)
    for field, value in changes.items():
        setattr(user, field, value)
    if user.password_hash is not None and user.status is UserStatus.PENDING:
        raise InvalidInput(
            "An account cannot be sent back to waiting.", fields={"status": "cannot be pending again"}
        )
    _check_person(user)
    user.search_text = _search_text(user)
    user.version += 1
    if data.branch_ids is not None:
        for row in await session.scalars(select(UserBranch).where(col(UserBranch.user_id) == user.id)):
            await session.delete(row)
        await session.flush()  # deletions before the same keys are added again
        session.add_all(
            UserBranch(user_id=user.id, branch_id=branch_id) for branch_id in set(data.branch_ids)
        )
    after = _facts(user)
    if before["role"] != after["role"] or before["status"] != after["status"] or data.branch_ids is not None:
        if before["role"] == Role.ADMIN:
            await _refuse_no_admin(session)
        if user_id == actor.user_id and changes.get("status", UserStatus.ACTIVE) is not UserStatus.ACTIVE:
            raise Conflict("You cannot disable your own account.")
        await authentication.end_sign_ins(session, user_id=user.id)
    _record(session, actor, "user.update", user, before=before)
    announce(session, "users", f"user:{user.id}")
    return read_user(user)


async def set_user_status(
    session: AsyncSession, *, actor: Actor, user_id: int, status: UserStatus
) -> UserRead:
    """Disable an account or let it in again."""
    return await update_user(session, actor=actor, user_id=user_id, data=UserUpdate(status=status))


async def list_users(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    query: str = "",
    role: Role | None = None,
    status: UserStatus | None = None,
) -> Page[UserRead]:
    """Accounts, those that wait for approval first."""
    _require_manager(actor)
    statement = queries.users(role=role, status=status)
    statement = await search.narrow(session, statement, User.search_text, query)  # pyright: ignore[reportArgumentType]
    total = await session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
    rows = await session.scalars(statement.offset(page.skip).limit(page.limit))
    return Page(items=[read_user(user) for user in rows], total=total or 0, skip=page.skip, limit=page.limit)


async def access_user(session: AsyncSession, user_id: int, *, actor: Actor) -> User:
    """The account, for an actor who may manage accounts."""
    _require_manager(actor)
    user = await session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such account.")
    return user


async def own_account(session: AsyncSession, *, actor: Actor) -> UserRead:
    """The actor's own account."""
    return read_user(await session.get_one(User, actor.user_id))


async def change_password(session: AsyncSession, *, actor: Actor, current: str, new: str) -> int:
    """Change one's own password and end one's other sign-ins; how many ended."""
    user = await session.get_one(User, actor.user_id, with_for_update=True)
    if not await security.verify_password(current, user.password_hash):
        raise InvalidInput("The current password is wrong.", fields={"current_password": "is wrong"})
    user.password_hash = await security.hash_password(new)
    record(session, actor=actor, action="user.change_password", subject_kind="user", subject_id=user.id)
    return await authentication.end_sign_ins(session, user_id=user.id, except_for=actor.auth_session_id)


async def list_sign_ins(session: AsyncSession, *, actor: Actor) -> list[SignInRead]:
    """The devices on which the actor is signed in, newest first."""
    rows = await session.scalars(
        select(AuthSession)
        .where(
            col(AuthSession.user_id) == actor.user_id,
            col(AuthSession.revoked_at).is_(None),
            col(AuthSession.expires_at) > utc_now(),
        )
        .order_by(col(AuthSession.created_at).desc())
        .limit(50)
    )
    return [SignInRead(**row.model_dump(), is_current=row.id == actor.auth_session_id) for row in rows]


async def end_sign_in(session: AsyncSession, *, actor: Actor, auth_session_id: UUID) -> None:
    """End one of the actor's own sign-ins."""
    if not await authentication.end_sign_ins(session, user_id=actor.user_id, only=auth_session_id):
        raise NotFound("This sign-in is not there or has ended already.")


async def end_other_sign_ins(session: AsyncSession, *, actor: Actor) -> int:
    """End all of the actor's sign-ins but the present one."""
    return await authentication.end_sign_ins(session, user_id=actor.user_id, except_for=actor.auth_session_id)


async def create_invitation(session: AsyncSession, *, actor: Actor, user_id: int) -> Invitation:
    """A one-time link to choose a password; an earlier one, or a password that was set since, makes it void."""
    user = await access_user(session, user_id, actor=actor)
    if user.status is not UserStatus.ACTIVE:
        raise Conflict("Only an active account can be invited.")
    user.token_version += 1
    await authentication.end_sign_ins(session, user_id=user.id)
    expires_at = utc_now() + INVITATION_LIFETIME
    holder = TokenHolder(uuid4(), user.id, user.token_version)
    token = security.issue_token(TokenKind.INVITATION, holder, expires_at=expires_at)
    record(session, actor=actor, action="user.invite", subject_kind="user", subject_id=user.id)
    return Invitation(
        user=read_user(user),
        url=f"{get_settings().base_url}/api/v1/auth/screen/invitation?token={token}",
        expires_at=expires_at,
    )


async def accept_invitation(session: AsyncSession, *, token: str, password: str) -> User:
    """Set the password that the invited person chose; the link is used up."""
    invitation = security.read_token(token, TokenKind.INVITATION)
    user = await session.get(User, invitation.user_id, with_for_update=True) if invitation else None
    if (
        invitation is None
        or user is None
        or user.token_version != invitation.token_version
        or user.status is not UserStatus.ACTIVE
    ):
        raise Forbidden(
            "This invitation was used already or has run out. Ask an admin for a new one.",
            code="invitation_void",
        )
    user.password_hash = await security.hash_password(password)
    user.token_version += 1
    record(
        session,
        actor=system_actor(Door.SCREEN),
        action="user.accept_invitation",
        subject_kind="user",
        subject_id=user.id,
    )
    return user


async def needs_setup(session: AsyncSession) -> bool:
    """Whether the institute has no admin yet."""
    return await session.scalar(select(col(User.id)).where(col(User.role) == Role.ADMIN).limit(1)) is None


async def create_first_admin(session: AsyncSession, *, data: FirstAdmin, door: Door) -> User:
    """Make the first admin and name the institute; refused once there is an admin."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FIRST_ADMIN_LOCK})
    if not await needs_setup(session):
        raise Conflict("There is an admin already. Ask them for an account.", code="already_set_up")
    actor = system_actor(door)
    settings = await current_settings(session)
    await update_settings(
        session,
        actor=actor,
        data=settings.model_copy(update={"name": data.institute_name, "time_zone": data.time_zone}),
    )
    user = await _add_user(
        session,
        User(
            username=data.username,
            email=data.email,
            full_name=data.full_name,
            role=Role.ADMIN,
            status=UserStatus.ACTIVE,
            password_hash=await security.hash_password(data.password),
        ),
    )
    _record(session, actor, "user.first_admin", user)
    return user


async def create_admin(session: AsyncSession, *, actor: Actor, data: AdminCreate) -> UserRead:
    """An admin with a password, for the command line of a machine that its caller owns anyway."""
    _require_manager(actor)
    user = await _add_user(
        session,
        User(
            username=data.username,
            full_name=data.full_name,
            role=Role.ADMIN,
            status=UserStatus.ACTIVE,
            password_hash=await security.hash_password(data.password),
        ),
    )
    _record(session, actor, "user.create", user)
    announce(session, "users")
    return read_user(user)


async def list_audit_events(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    subject_kind: str | None = None,
    subject_id: int | None = None,
) -> list[AuditRead]:
    """The audit log, newest first."""
    require(actor, Permission.AUDIT_READ)
    if actor.branch_ids is not None:
        raise Forbidden(
            "The audit log is of every branch, so only an admin of the whole institute may read it."
        )
    statement = queries.audit_events(subject_kind=subject_kind, subject_id=subject_id)
    rows = await session.execute(statement.offset(page.skip).limit(page.limit))
    return [AuditRead(**event.model_dump(), user_name=user_name or "System") for event, user_name in rows]


def read_user(user: User) -> UserRead:
    """The account without its secrets."""
    return UserRead(**user.model_dump(), has_password=user.password_hash is not None)


async def _add_user(session: AsyncSession, user: User) -> User:
    user.search_text = _search_text(user)
    failures: dict[str, AppError] = {
        "uq_user_account_username_lower": Conflict(
            "This user name is taken.", fields={"username": "is taken"}
        ),
        **{
            f"fk_user_account_{person}_id_{person}": InvalidInput(
                "The person behind the account is not there.", fields={f"{person}_id": "is not there"}
            )
            for person in ("student", "faculty", "guardian")
        },
    }
    async with refusals(session, failures):
        session.add(user)
    return user


async def _activate_student(
    session: AsyncSession, user: User, *, actor: Actor, student_id: int | None
) -> None:
    if student_id is None:
        given, _, family = user.full_name.rpartition(" ")
        data = StudentCreate(
            given_name=given or family, family_name=family if given else "", email=user.email
        )
        student_id = (await create_student(session, actor=actor, data=data)).id
    else:
        await access_student(session, student_id, actor=actor)
        taken = select(col(User.id)).where(col(User.student_id) == student_id, col(User.id) != user.id)
        if await session.scalar(taken) is not None:
            raise Conflict("This student has an account already.", fields={"student_id": "has an account"})
    user.student_id = student_id
    user.status = UserStatus.ACTIVE


def _check_person(user: User) -> None:
    wanted = {Role.STUDENT: "student_id", Role.FACULTY: "faculty_id", Role.GUARDIAN: "guardian_id"}
    for role, field in wanted.items():
        linked = getattr(user, field) is not None
        if linked and user.role != role:
            raise InvalidInput(
                "The account's person does not fit its role.", fields={field: f"is for the role {role}"}
            )
        if user.role == role and not linked and user.status is UserStatus.ACTIVE:
            raise InvalidInput(
                f"A {role} account needs its {role} record.", fields={field: "is required for this role"}
            )


def _require_manager(actor: Actor) -> None:
    require(actor, Permission.USER_MANAGE)
    if actor.branch_ids is not None:
        raise Forbidden(
            "Accounts reach every branch, so only an admin of the whole institute may manage them."
        )


async def _refuse_no_admin(session: AsyncSession) -> None:
    """Raise Conflict unless somebody is left who can sign in and may manage every account."""
    # Two admins who take away each other's role are looked at one after the other.
    await session.execute(select(func.pg_advisory_xact_lock(_FIRST_ADMIN_LOCK)))
    await session.flush()  # the count must see the change
    limited = select(col(UserBranch.user_id))
    left = await session.scalar(
        select(func.count())
        .select_from(User)
        .where(
            col(User.role) == Role.ADMIN,
            col(User.status) == UserStatus.ACTIVE,
            col(User.password_hash).is_not(None),
            col(User.id).not_in(limited),
        )
    )
    if not left:
        raise Conflict("This is the last admin who can sign in; make another one first.", code="last_admin")


def _search_text(user: User) -> str:
    return search.normalise(user.full_name, user.username, user.email)


def _record(
    session: AsyncSession, actor: Actor, action: str, user: User, before: dict[str, object] | None = None
) -> None:
    record(
        session,
        actor=actor,
        action=action,
        subject_kind="user",
        subject_id=user.id,
        before=before,
        after=_facts(user),
    )


def _facts(user: User) -> dict[str, object]:
    return user.model_dump(
        include={
            "username",
            "email",
            "full_name",
            "role",
            "status",
            "student_id",
            "faculty_id",
            "guardian_id",
        }
    )
