"""What accounts take in and give out. No password hash and no token fingerprint is ever in an answer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, EmailStr, StringConstraints, field_validator

from academics_app.accounts.models import UserStatus
from academics_app.core.actor import Door, Role
from academics_app.core.fields import UNCHANGED, Id, Name, RawText, Text

Username = Annotated[
    Text, StringConstraints(strip_whitespace=True, min_length=3, max_length=100, pattern=r"^[^\s]+$")
]
Password = Annotated[RawText, StringConstraints(min_length=10, max_length=256)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Registration(_Input):
    """A student who signs up."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "username": "mina.park",
                "email": "mina@example.org",
                "full_name": "Mina Park",
                "password": "a long pass phrase",
            }
        },
    )

    username: Username
    email: EmailStr
    full_name: Name
    password: Password

    @field_validator("password")
    @classmethod
    def _not_the_username(cls, password: str) -> str:
        if len(set(password)) < 4:
            raise ValueError("must use at least four different characters")
        return password


class FirstAdmin(Registration):
    """The first-run screen's answers."""

    institute_name: Name
    time_zone: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class AdminCreate(_Input):
    """What the command line asks for."""

    username: Username
    full_name: Name
    password: Password


class UserCreate(_Input):
    username: Username
    email: EmailStr | None = None
    full_name: Name
    role: Role
    student_id: Id | None = None
    faculty_id: Id | None = None
    guardian_id: Id | None = None
    branch_ids: list[Id] = []


class UserUpdate(_Input):
    """What an admin may change; absent fields stay."""

    email: EmailStr | None = None
    full_name: Name = UNCHANGED
    role: Role = UNCHANGED
    status: UserStatus = UNCHANGED
    student_id: Id | None = None
    faculty_id: Id | None = None
    guardian_id: Id | None = None
    branch_ids: list[Id] | None = None
    version: int | None = None


class UserApproval(_Input):
    """Whom the approved account belongs to; without a student a new record is made."""

    student_id: Id | None = None


class UserRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    username: str
    email: str | None
    full_name: str
    role: Role
    status: UserStatus
    student_id: int | None
    faculty_id: int | None
    guardian_id: int | None
    has_password: bool
    version: int
    created_at: datetime


class Invitation(BaseModel):
    """A one-time link that lets an invited person choose a password."""

    user: UserRead
    url: str
    expires_at: datetime


class PasswordChange(_Input):
    current_password: Annotated[RawText, StringConstraints(max_length=256)]
    new_password: Password


class SignInRead(BaseModel):
    """One device that is signed in."""

    id: UUID
    door: Door
    created_at: datetime
    expires_at: datetime
    user_agent: str
    ip_address: str
    is_current: bool


class TokenPair(BaseModel):
    """OAuth2's token answer. `expires_in` is in seconds; `refresh_token` is new after each rotation."""

    access_token: str
    refresh_token: str | None = None
    token_type: str = "bearer"  # noqa: S105 - a kind of token, not a secret
    expires_in: int


class AuditRead(BaseModel):
    id: int
    at: datetime
    user_name: str
    door: Door
    action: str
    subject_kind: str
    subject_id: int | None
    before: dict[str, object] | None
    after: dict[str, object] | None
