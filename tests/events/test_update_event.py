from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from bus.models import OutboxRow
from common.problems import InvalidInput, NotAllowed, NotFound, StaleVersion
from common.transactions import use_case
from events.actors import Actor
from events.models import Event
from events.models.lifecycle import Status
from events.services.change_status import InvalidTransition
from events.services.reschedule_event import reschedule_event
from events.services.update_event import CapacityTaken, EventClosed, RescheduleRequired, update_event
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_category, make_event

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def make_own_event(**fields: Any) -> tuple[Event, Actor]:
    owner = make_user()
    return make_event(organizer=make_organizer(owner=owner), **fields), Actor(owner.id)


def update(event: Event, actor: Actor, version: int = 1, **fields: Any) -> Event:
    with use_case():
        return update_event(actor=actor, event_id=event.id, fields=fields, expected_version=version, now=timezone.now())


class TestUpdateEvent:
    def test_writes_the_fields_and_raises_the_version(self) -> None:
        event, actor = make_own_event()
        category = make_category()

        update(event, actor, title="New", category=category)

        stored = Event.objects.get(id=event.id)
        assert (stored.title, stored.category, stored.version) == ("New", category, 2)

    def test_refuses_a_version_that_is_not_the_present_one(self) -> None:
        event, actor = make_own_event(version=3)

        with pytest.raises(StaleVersion):
            update(event, actor, version=2, title="New")

        assert Event.objects.get(id=event.id).title == event.title

    @pytest.mark.parametrize("status", [Status.FINISHED, Status.ARCHIVED, Status.CANCELLED])
    def test_refuses_what_is_over(self, status: Status) -> None:
        event, actor = make_own_event(status=status)

        with pytest.raises(EventClosed):
            update(event, actor, title="New")

    def test_refuses_a_stranger_and_the_door_staff(self) -> None:
        event, _ = make_own_event()
        guard = make_user()
        event.organizer.members.create(user=guard, role="door")

        with pytest.raises(NotFound):
            update(event, Actor(make_user().id), title="New")
        with pytest.raises(NotAllowed):
            update(event, Actor(guard.id), title="New")

    def test_refuses_less_capacity_than_is_held_and_sold(self) -> None:
        event, actor = make_own_event(capacity=10, held=2, sold=3)

        with pytest.raises(CapacityTaken):
            update(event, actor, capacity=4)

        assert update(event, actor, capacity=5).capacity == 5

    def test_audits_a_change_of_capacity(self) -> None:
        event, actor = make_own_event(capacity=10)

        update(event, actor, capacity=12, title="New")

        entry = AuditEntry.objects.get()
        assert (entry.action, entry.changes["capacity"]) == ("events.change", [10, 12])

    def test_audits_every_change_by_an_administrator(self) -> None:
        event, _ = make_own_event()
        administrator = Actor(make_user().id, administers=True)

        update(event, administrator, category=make_category(slug="diving"))

        assert AuditEntry.objects.get().changes["category"] == [event.category.slug, "diving"]

    @pytest.mark.parametrize("field", ["venue", "address", "starts_at"])
    def test_keeps_time_and_place_once_seats_are_taken(self, field: str) -> None:
        event, actor = make_own_event(held=1)
        value = event.starts_at + timedelta(minutes=5) if field == "starts_at" else "Elsewhere"

        with pytest.raises(RescheduleRequired):
            update(event, actor, **{field: value})

        assert update(event, actor, **{field: getattr(event, field)}).version == 2

    def test_lets_time_and_place_change_while_nobody_has_booked(self) -> None:
        event, actor = make_own_event()

        assert update(event, actor, venue="Elsewhere").venue == "Elsewhere"

    def test_moves_no_published_event_into_the_past(self) -> None:
        (event, actor), (draft, writer) = make_own_event(), make_own_event(status=Status.DRAFT)
        passed = NOW - timedelta(days=3)

        with pytest.raises(InvalidInput) as refused:
            update(event, actor, starts_at=passed)
        update(draft, writer, starts_at=passed)

        [wrong] = refused.value.errors
        assert (wrong.pointer, wrong.code) == ("/starts_at", "in_the_past")
        event.refresh_from_db()
        assert event.starts_at > NOW

    def test_lets_a_published_event_lose_nothing_that_it_needs(self) -> None:
        event, actor = make_own_event()

        with pytest.raises(InvalidInput) as refused:
            update(event, actor, refund_policy={}, venue="")

        assert {one.pointer for one in refused.value.errors} == {"/refund_policy", "/venue"}

    def test_refuses_an_end_before_the_start(self) -> None:
        event, actor = make_own_event()

        with pytest.raises(InvalidInput) as refused:
            update(event, actor, ends_at=event.starts_at)

        assert refused.value.errors[0].pointer == "/ends_at"


class TestRescheduleEvent:
    def reschedule(self, event: Event, actor: Actor, **fields: Any) -> Event:
        with use_case():
            return reschedule_event(actor=actor, event_id=event.id, fields=fields, reason="A flood", now=NOW)

    def test_moves_an_event_with_bookings_and_tells_the_old_and_the_new_time(self) -> None:
        event, actor = make_own_event(sold=4)
        starts_at = event.starts_at + timedelta(days=7)

        moved = self.reschedule(event, actor, starts_at=starts_at, ends_at=event.ends_at + timedelta(days=7))

        fact = OutboxRow.objects.get()
        assert (moved.starts_at, moved.version) == (starts_at, 2)
        assert fact.wire_type == "events.event.rescheduled.v1"
        assert '"reason":"A flood"' in fact.payload
        assert AuditEntry.objects.get().action == "events.reschedule"

    @pytest.mark.parametrize("status", [one for one in Status if one != Status.PUBLISHED])
    def test_refuses_what_is_not_published(self, status: Status) -> None:
        event, actor = make_own_event(status=status)

        with pytest.raises(InvalidTransition):
            self.reschedule(event, actor, venue="Elsewhere")

    def test_refuses_a_start_in_the_past(self) -> None:
        event, actor = make_own_event()

        with pytest.raises(InvalidInput) as refused:
            self.reschedule(event, actor, starts_at=NOW - timedelta(hours=1))

        assert refused.value.errors[0].pointer == "/starts_at"
