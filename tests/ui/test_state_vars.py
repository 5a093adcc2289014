"""What a state may hold: view rows and words, never a secret and never a row of the database."""

import typing
from collections.abc import Iterator
from typing import Any

import pytest
import reflex as rx
from reflex.state import BaseState
from sqlmodel import SQLModel

from academics_app import academics_app as composition

SECRET_WORDS = ("password", "token", "secret", "hash", "cookie", "jwt", "fingerprint")


def _states(root: type[BaseState] = rx.State) -> Iterator[type[BaseState]]:
    for state in root.get_substates():
        if state.__module__.startswith("academics_app."):
            yield state
        yield from _states(state)


def _types_in(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _types_in(argument)


def _vars(state: type[BaseState]) -> dict[str, Any]:
    """Each var of the state's own with its annotation, those that stay on the server included."""
    return {name: field.annotated_type for name, field in state.__fields__.items() if field._owner is state}


STATES = sorted(set(_states()), key=lambda state: state.get_full_name())
IDS = [state.get_full_name().rpartition(".")[2] for state in STATES]


@pytest.mark.parametrize("state", STATES, ids=IDS)
def test_state_holds_no_secret_and_no_row(state: type[BaseState]) -> None:
    for name, annotation in _vars(state).items():
        assert not any(word in name.lower() for word in SECRET_WORDS), name
        for kind in _types_in(annotation):
            assert not (issubclass(kind, SQLModel) and hasattr(kind, "__table__")), f"{name} holds rows"


@pytest.mark.parametrize("state", STATES, ids=IDS)
def test_view_rows_have_no_secret_fields(state: type[BaseState]) -> None:
    for annotation in _vars(state).values():
        for kind in _types_in(annotation):
            fields = [*getattr(kind, "__dataclass_fields__", {}), *getattr(kind, "model_fields", {})]
            assert not [name for name in fields if any(word in name.lower() for word in SECRET_WORDS)]


def test_there_are_states_to_look_at() -> None:
    assert len(STATES) > len(composition.PAGES) / 2
