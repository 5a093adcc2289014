"""Every event handler says whom it serves, and the answer is the one that is written down for each role."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from academics_app.academics_app import PAGES
from academics_app.core.actor import Actor, Door, Role
from academics_app.ui.middleware import FRAMEWORK_HANDLERS
from academics_app.ui.policy import allow, policy_of


def _handlers() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, registered in RegistrationContext.get().event_handlers.items():
        yield name, registered.handler.fn


OWN = sorted(
    (name, fn) for name, fn in _handlers() if ".academics_app___" in name and fn.__name__ != "setvar"
)

PUBLIC = {"go_home", "open", "open_invitation"}


@pytest.mark.parametrize("handler", [fn for _name, fn in OWN], ids=[name for name, _fn in OWN])
def test_handler_has_a_policy(handler: Callable[..., Any]) -> None:
    assert policy_of(handler) is not None


def test_only_these_serve_anybody() -> None:
    public = {name for name, fn in OWN if (policy := policy_of(fn)) and not policy.signed_in}

    assert {name.rpartition(".")[2] for name in public} == PUBLIC
    assert all("sign_in" in name or "session_state" in name for name in public)


def test_framework_handlers_that_pass_are_known_by_name() -> None:
    framework = {fn.__name__ for _name, fn in _handlers() if fn.__module__.startswith("reflex")}

    assert framework - FRAMEWORK_HANDLERS <= {"setvar"}


def test_no_policy_without_a_permission() -> None:
    with pytest.raises(ValueError, match="needs a permission"):
        allow()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.route)
@pytest.mark.parametrize("role", Role)
def test_page_and_its_loading_handlers_agree(page: Any, role: Role) -> None:
    """Whoever is let in to a page may send what loads it."""
    actor = Actor(user_id=1, role=role, name="Somebody", door=Door.SCREEN)
    if not page.has_shell or role not in page.roles:
        return

    for handler in page.on_load:
        policy = policy_of(handler.fn)
        assert policy is not None
        assert policy.allows(actor), f"{role} may open {page.route} but not send {handler.fn.__qualname__}"
