"""What the subject screens and routes take in and give out. An update leaves absent fields as they are."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from academics_app.core.fields import UNCHANGED, Code, Id, Name, OptionalCode, Text, Version

Description = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=4000)]
Hours = Annotated[
    Decimal,
    Field(ge=0, max_digits=6, decimal_places=2),
    PlainSerializer(float, return_type=float, when_used="json"),
]
"""A number in JSON; two decimals."""
MOST_TOPICS = 1000


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SubjectCreate(_Input):
    """A new subject. Without a code the next free one is given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"code": "PHY-1", "name": "Physics, first year", "description": ""}},
    )

    name: Name
    code: OptionalCode = None
    description: Description = ""


class SubjectUpdate(_Input):
    """Absent fields stay. With `version`, the change is refused if somebody else made one since."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"is_active": False, "version": 1}}
    )

    name: Name = UNCHANGED
    code: Code = UNCHANGED
    description: Description = UNCHANGED
    is_active: bool = UNCHANGED
    version: Version = None


class SubjectRead(BaseModel):
    id: int
    code: str
    name: str
    description: str
    is_active: bool
    topic_count: int
    planned_hours: Hours
    """Of all topics together."""
    version: int
    created_at: datetime
    updated_at: datetime


class TopicCreate(_Input):
    """A new topic, at a position or, without one, at the end."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"title": "Refraction", "planned_hours": 4.5}}
    )

    title: Name
    planned_hours: Hours = Decimal(1)
    position: Annotated[int, Field(ge=1, le=MOST_TOPICS)] | None = None


class TopicUpdate(_Input):
    """Absent fields stay; a new position moves the others."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"planned_hours": 6}})

    title: Name = UNCHANGED
    planned_hours: Hours = UNCHANGED
    position: Annotated[int, Field(ge=1, le=MOST_TOPICS)] = UNCHANGED


class TopicOrder(_Input):
    """Every topic of the subject, once, in the new order."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"topic_ids": [3, 1, 2]}})

    topic_ids: Annotated[list[Id], Field(max_length=MOST_TOPICS)]


class TopicRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    subject_id: int
    position: int
    title: str
    planned_hours: Hours
