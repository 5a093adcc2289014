"""Business failures as named classes: services raise them, each door renders them once.

REST renders `{"error": code, "detail": sentence, "fields": {...}?}` with the status; screens show the
sentence as a toast or, where `fields` is set, beside the field.
"""

from collections.abc import Mapping
from typing import Any


class AppError(Exception):
    """A failure that is the caller's to know of. `detail` is a full sentence for a person."""

    status = 400
    code = "bad_request"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.fields = dict(fields) if fields else None
        self.extra = dict(extra) if extra else {}
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """The REST error body; `extra` adds machine-readable facts such as the stored mark of a conflict."""
        body: dict[str, Any] = {"error": self.code, "detail": self.detail, **self.extra}
        if self.fields:
            body["fields"] = self.fields
        return body


class NotSignedIn(AppError):
    status, code = 401, "not_signed_in"


class Forbidden(AppError):
    status, code = 403, "forbidden"


class NotFound(AppError):
    """Not there, or not to be known of by this caller."""

    status, code = 404, "not_found"


class Conflict(AppError):
    status, code = 409, "conflict"


class InvalidInput(AppError):
    """Malformed input; `fields` names each field and the reason."""

    status, code = 422, "invalid_input"


class TooManyTries(AppError):
    status, code = 429, "too_many_tries"
