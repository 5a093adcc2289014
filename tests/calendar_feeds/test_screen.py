"""Calendar links without a browser."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.calendar_feeds.models import CalendarFeed
from academics_app.calendar_feeds.ui.links import CalendarLinks, LinkForm
from academics_app.core.actor import Role
from tests import factories as make
from tests.ui.conftest import SignInTab, Tab, sign_in_tab, tab

__all__ = ["sign_in_tab", "tab"]

PATH = "/account/calendar"


async def choices(tab: Tab) -> list[str]:
    await tab.send(LinkForm.add, PATH)
    return [value.partition(":")[0] for value, _label in (await tab.state(LinkForm)).options]


async def test_each_role_is_offered_what_it_can_have(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession
) -> None:
    batch = await make.create_batch(session)
    room = await make.create_room(session)
    children = [await make.create_student(session), await make.create_student(session)]
    for child in children:
        await make.create_enrollment(session, student=child, batch=batch)
    guardian = await make.create_guardian(session, *children)
    expected: list[tuple[Any, list[str]]] = [
        (await make.create_user(session), ["batch", "room"]),
        (await make.create_user(session, role=Role.COUNSELOR), ["batch", "room"]),
        (await make.create_user(session, role=Role.FACULTY), ["own", "room"]),
        (await make.create_user(session, role=Role.STUDENT, student_id=children[0].id), ["own", "batch"]),
        (
            await make.create_user(session, role=Role.GUARDIAN, guardian_id=guardian.id),
            ["own", "student", "student"],
        ),
    ]
    for user, kinds in expected:
        await sign_in_tab(tab, user)
        assert await choices(tab) == kinds, user.role
    assert room.id


async def test_the_address_is_shown_once_and_revoking_can_be_undone(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession
) -> None:
    await sign_in_tab(tab, await make.create_user(session, role=Role.STUDENT))
    await tab.send(CalendarLinks.open, PATH)
    await tab.send(LinkForm.add, PATH)
    await tab.send(LinkForm.save, PATH, form={"shows": "own", "label": " Phone "})
    form = await tab.state(LinkForm)
    assert form.made_url.endswith(".ics")
    assert form.made_webcal == "webcal://" + form.made_url.partition("://")[2]
    assert [row.label for row in (await tab.state(CalendarLinks)).links] == ["Phone"]
    await tab.send(LinkForm.forget, PATH)
    tab.forget()
    await tab.send(CalendarLinks.open, PATH)
    assert not any(".ics" in str(delta) for delta in tab.deltas)
    feed = (await session.scalars(select(CalendarFeed))).one()
    await tab.send(CalendarLinks.revoke, PATH, feed_id=feed.id)
    await session.refresh(feed)
    assert feed.revoked_at is not None
    await tab.send(CalendarLinks.restore, PATH, feed_id=feed.id)
    await session.refresh(feed)
    assert feed.revoked_at is None


async def test_an_address_with_a_student_opens_the_form_for_them_once(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession
) -> None:
    student = await make.create_student(session)
    await sign_in_tab(tab, await make.create_user(session))
    path = f"{PATH}?student={student.id}"
    await tab.send(CalendarLinks.open, path)
    form = await tab.state(LinkForm)
    assert (form.form_open, form.chosen) == (True, f"student:{student.id}")
    await tab.send(LinkForm.close_form, path)
    await tab.send(CalendarLinks.open, path)
    assert not (await tab.state(LinkForm)).form_open
    await tab.send(CalendarLinks.open, f"{PATH}?student=99999999")
    assert not (await tab.state(LinkForm)).chosen.startswith("student")


@pytest.mark.parametrize("shows", ["batch:99999999", "student:1", "room:x", "nonsense", ""])
async def test_what_is_not_offered_is_refused(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession, shows: str
) -> None:
    await sign_in_tab(tab, await make.create_user(session, role=Role.COUNSELOR))
    await tab.send(LinkForm.add, PATH)
    await tab.send(LinkForm.save, PATH, form={"shows": shows, "label": ""})
    assert (await session.scalars(select(CalendarFeed))).all() == []
    form = await tab.state(LinkForm)
    assert form.form_problem or form.form_errors
