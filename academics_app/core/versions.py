"""The version that a form was opened on, against the stored one."""

from academics_app.core.errors import Conflict


def refuse_stale(stored: int, opened: int | None) -> None:
    """Raise Conflict when what was opened is not what is stored any more. `opened` None asks for no check."""
    if opened is not None and opened != stored:
        raise Conflict("It was changed by someone else since you opened it.", code="stale_version")
