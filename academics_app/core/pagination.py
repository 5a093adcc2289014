"""Pages of a list: `skip` and `limit` as the REST contract has them, and the answer's shape."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100


class PageRequest(BaseModel):
    """Which part of a list is asked for."""

    model_config = ConfigDict(frozen=True)

    skip: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT


class Page(BaseModel, Generic[T]):
    """One part of a list, with the size of the whole."""

    items: Sequence[T]
    total: int
    skip: int
    limit: int
