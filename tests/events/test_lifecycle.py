"""Every step of every status: allowed as the table says, refused otherwise."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from bus.models import OutboxRow
from common.problems import NotAllowed, NotFound, StaleVersion
from common.transactions import use_case
from events.actors import Actor
from events.lifecycle_drawing import render
from events.models import Event
from events.models.lifecycle import TRANSITIONS, Driver, Status, actions_from
from events.services.archive_event import archive_event
from events.services.cancel_event import cancel_event
from events.services.change_status import InvalidTransition, change_status
from events.services.publish_event import publish_event
from events.services.restore_event import restore_event
from events.services.suspend_event import suspend_event
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

NOW = timezone.now()
ADMINISTRATOR = Actor(administers=True)
STEPS: dict[str, Any] = {
    "publish": lambda event: publish_event(actor=ADMINISTRATOR, event_id=event.id, now=NOW),
    "cancel": lambda event: cancel_event(actor=ADMINISTRATOR, event_id=event.id, reason="A storm"),
    "suspend": lambda event: suspend_event(administrator=ADMINISTRATOR, event_id=event.id, reason="Complaints"),
    "restore": lambda event: restore_event(administrator=ADMINISTRATOR, event_id=event.id, now=NOW),
    "archive": lambda event: archive_event(actor=ADMINISTRATOR, event_id=event.id),
}
BY_PEOPLE = {(one.source, one.action) for one in TRANSITIONS if one.driver != Driver.CLOCK}


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("action", STEPS)
def test_a_step_is_taken_exactly_where_the_table_allows_it(status: str, action: str) -> None:
    event = make_ticket_type(event=make_event(status=status)).event

    if (status, action) in BY_PEOPLE:
        with use_case():
            moved = STEPS[action](event)

        assert (moved.status, moved.version) != (status, 1)
        assert moved.status in {one.target for one in TRANSITIONS if (one.source, one.action) == (status, action)}
        assert Event.objects.get(id=event.id).status == moved.status
    else:
        with pytest.raises(InvalidTransition) as refused, use_case():
            STEPS[action](event)

        assert refused.value.extra == {"event_status": status, "allowed": actions_from(status)}
        assert Event.objects.get(id=event.id).status == status


class TestChangeStatus:
    def test_refuses_an_event_that_was_changed_since_it_was_read(self) -> None:
        event = make_event(status=Status.FINISHED, version=5)

        with pytest.raises(StaleVersion), use_case():
            change_status(event=event, action="archive", target=Status.ARCHIVED, expected_version=4)

    def test_raises_the_version_by_one(self) -> None:
        event = make_event(status=Status.FINISHED, version=5)

        with use_case():
            change_status(event=event, action="archive", target=Status.ARCHIVED, expected_version=5)

        assert event.version == 6

    def test_lets_only_one_of_two_readers_of_the_same_version_through(self) -> None:
        event = make_event(status=Status.PUBLISHED)
        other = Event.objects.get(id=event.id)
        with use_case():
            change_status(
                event=event, action="cancel", target=Status.CANCELLED, expected_version=1, status_reason="A storm"
            )

        with pytest.raises(StaleVersion), use_case():
            change_status(
                event=other, action="suspend", target=Status.SUSPENDED, expected_version=1, status_reason="Complaints"
            )


class TestCancelEvent:
    def test_states_the_fact_and_writes_the_audit_in_the_same_transaction(self) -> None:
        owner = make_user()
        event = make_event(organizer=make_organizer(owner=owner))

        with use_case():
            cancel_event(actor=Actor(owner.id), event_id=event.id, reason="A storm")

        fact = OutboxRow.objects.get()
        entry = AuditEntry.objects.get()
        assert (fact.wire_type, fact.key) == ("events.event.cancelled.v1", str(event.id))
        assert '"reason":"A storm"' in fact.payload
        assert (entry.action, entry.actor_id, entry.reason) == ("events.cancel", owner.id, "A storm")
        assert entry.changes == {"status": ["published", "cancelled"]}

    def test_never_tells_closed_details_in_the_fact(self) -> None:
        event = make_event(address="Secret street 1", contact="+7 900 000-00-00")

        with use_case():
            cancel_event(actor=ADMINISTRATOR, event_id=event.id, reason="A storm")

        assert "Secret street" not in OutboxRow.objects.get().payload
        assert "900" not in OutboxRow.objects.get().payload

    def test_refuses_a_stranger_as_if_there_were_none(self) -> None:
        with pytest.raises(NotFound), use_case():
            cancel_event(actor=Actor(make_user().id), event_id=make_event().id, reason="A storm")

    def test_refuses_the_door_staff(self) -> None:
        event = make_event()
        guard = make_user()
        event.organizer.members.create(user=guard, role="door")

        with pytest.raises(NotAllowed), use_case():
            cancel_event(actor=Actor(guard.id), event_id=event.id, reason="A storm")


class TestSuspendEvent:
    def test_refuses_whoever_is_no_administrator(self) -> None:
        owner = make_user()
        event = make_event(organizer=make_organizer(owner=owner))

        with pytest.raises(NotAllowed), use_case():
            suspend_event(administrator=Actor(owner.id), event_id=event.id, reason="Complaints")

    def test_states_and_audits_with_the_reason(self) -> None:
        administrator = make_user(is_staff=True)
        event, manager = make_event(), make_user()
        event.organizer.members.create(user=manager, role="manager")
        event.organizer.members.create(user=make_user(), role="door")

        with use_case():
            suspend_event(
                administrator=Actor(administrator.id, administers=True), event_id=event.id, reason="Complaints"
            )

        fact = OutboxRow.objects.get()
        assert fact.wire_type == "events.event.suspended.v1"
        told = json.loads(fact.payload)["member_ids"]
        assert set(told) == {str(manager.id), str(event.organizer.members.get(role="owner").user_id)}
        assert AuditEntry.objects.get().reason == "Complaints"


class TestRestoreEvent:
    def test_returns_an_event_to_published_before_its_start(self) -> None:
        event = make_event(status=Status.SUSPENDED, starts_at=NOW + timedelta(hours=1))

        with use_case():
            restored = restore_event(administrator=ADMINISTRATOR, event_id=event.id, now=NOW)

        assert (restored.status, restored.status_reason) == (Status.PUBLISHED, "")

    def test_returns_an_event_to_running_after_its_start(self) -> None:
        event = make_event(status=Status.SUSPENDED, starts_at=NOW - timedelta(hours=1))

        with use_case():
            restored = restore_event(administrator=ADMINISTRATOR, event_id=event.id, now=NOW)

        assert restored.status == Status.RUNNING


def test_the_picture_shows_every_status_and_every_step() -> None:
    picture = render()

    assert all(f">{status.value}</text>" in picture for status in Status)
    assert picture.count("marker-end") == len(TRANSITIONS)
