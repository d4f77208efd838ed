from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from bus.models import OutboxRow
from common.ids import new_id
from common.money import Money
from common.problems import InvalidInput, NotFound, StaleVersion
from common.transactions import use_case
from events.actors import Actor
from events.models import Event, TicketType
from events.models.lifecycle import Status
from events.services.save_event import Written, WrittenType, save_event, save_new_event
from events.services.update_event import RescheduleRequired
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def make_own_event(**fields: Any) -> tuple[Event, Actor]:
    owner = make_user()
    return make_event(organizer=make_organizer(owner=owner), **fields), Actor(owner.id)


def save(
    event: Event, actor: Actor, *, version: int = 1, reason: str = "", cover: str | None = None, **said: Any
) -> Event:
    types = said.pop("ticket_types", [])
    written = Written(fields=said, ticket_types=types, cover=cover, reason=reason)
    with use_case():
        return save_event(actor=actor, event_id=event.id, written=written, expected_version=version, now=NOW)


def written_type(ticket_type: TicketType | None = None, **fields: Any) -> WrittenType:
    return WrittenType(id=ticket_type.id if ticket_type else None, fields=fields)


class TestSaveEvent:
    def test_writes_content_ticket_types_and_picture_together(self) -> None:
        event, actor = make_own_event(status=Status.DRAFT)
        adult = make_ticket_type(event=event, name="Adult")

        save(
            event,
            actor,
            title="New",
            cover="covers/new.webp",
            ticket_types=[
                written_type(adult, name="Grown-up", price=Money(Decimal(900), "RUB")),
                written_type(name="Child", price=Money(Decimal(500), "RUB"), capacity=5),
            ],
        )

        stored = Event.objects.get(id=event.id)
        types = stored.ticket_types.order_by("position").values_list("name", "price", "position")
        assert (stored.title, stored.cover) == ("New", "covers/new.webp")
        assert list(types) == [("Grown-up", Decimal(900), 0), ("Child", Decimal(500), 1)]

    def test_writes_nothing_when_a_ticket_type_is_refused(self) -> None:
        event, actor = make_own_event()
        adult = make_ticket_type(event=event, name="Adult")
        make_ticket_type(event=event, name="Child")

        with pytest.raises(InvalidInput) as refused:
            save(event, actor, title="New", ticket_types=[written_type(adult, name="Child")])

        assert [one.pointer for one in refused.value.errors] == ["/ticket_types/0/name"]
        assert Event.objects.get(id=event.id).title == event.title

    def test_says_in_which_row_too_few_seats_are_left(self) -> None:
        event, actor = make_own_event()
        adult = make_ticket_type(event=event, sold=4)
        make_ticket_type(event=event)

        with pytest.raises(InvalidInput) as refused:
            save(event, actor, ticket_types=[written_type(adult, capacity=3)])

        assert [(one.pointer, one.code) for one in refused.value.errors] == [
            ("/ticket_types/0/capacity", "capacity_taken")
        ]

    def test_refuses_a_version_that_is_not_the_present_one(self) -> None:
        event, actor = make_own_event(version=3)

        with pytest.raises(StaleVersion):
            save(event, actor, version=2, title="New")

    def test_makes_the_event_and_its_tickets_smaller_at_once(self) -> None:
        event, actor = make_own_event(capacity=20)
        adult = make_ticket_type(event=event, capacity=20)

        save(event, actor, capacity=10, ticket_types=[written_type(adult, capacity=10)])

        assert Event.objects.get(id=event.id).capacity == TicketType.objects.get(id=adult.id).capacity == 10

    def test_makes_the_event_and_its_tickets_larger_at_once(self) -> None:
        event, actor = make_own_event(capacity=10)
        adult = make_ticket_type(event=event, capacity=10)

        save(event, actor, capacity=20, ticket_types=[written_type(adult, capacity=20)])

        assert Event.objects.get(id=event.id).capacity == TicketType.objects.get(id=adult.id).capacity == 20

    def test_asks_for_a_reason_when_people_have_booked(self) -> None:
        event, actor = make_own_event(sold=1)

        with pytest.raises(RescheduleRequired):
            save(event, actor, starts_at=event.starts_at + timedelta(hours=1))

    def test_reschedules_with_a_reason_and_tells_why(self) -> None:
        event, actor = make_own_event(sold=1)

        save(event, actor, title="New", starts_at=event.starts_at + timedelta(hours=1), reason="A storm")

        stored = Event.objects.get(id=event.id)
        fact = OutboxRow.objects.get()
        assert (stored.title, stored.starts_at) == ("New", event.starts_at + timedelta(hours=1))
        assert fact.wire_type == "events.event.rescheduled.v1"
        assert '"reason":"A storm"' in fact.payload

    def test_is_refused_to_strangers(self) -> None:
        event, _ = make_own_event(status=Status.DRAFT)

        with pytest.raises(NotFound):
            save(event, Actor(make_user().id), title="New")


class TestSaveNewEvent:
    def make(self, actor: Actor, event_id: UUID, title: str = "Rafting") -> Event:
        fields = {
            "title": title,
            "category": make_category(),
            "starts_at": NOW + timedelta(days=3),
            "ends_at": NOW + timedelta(days=4),
        }
        types = [written_type(name="Adult", price=Money(Decimal(0), "RUB"), capacity=5)]
        written = Written(fields=fields, ticket_types=types, cover="covers/new.webp")
        with use_case():
            return save_new_event(actor=actor, event_id=event_id, organizer_id=None, written=written, now=NOW)

    def test_makes_a_draft_with_its_picture(self) -> None:
        owner = make_user()
        make_organizer(owner=owner)

        event = self.make(Actor(owner.id), new_id())

        stored = Event.objects.get(id=event.id)
        assert (stored.status, stored.cover, stored.ticket_types.get().name) == ("draft", "covers/new.webp", "Adult")

    def test_makes_it_once_however_often_it_is_asked(self) -> None:
        owner, event_id = make_user(), new_id()
        make_organizer(owner=owner)

        first, second = self.make(Actor(owner.id), event_id), self.make(Actor(owner.id), event_id, title="Again")

        assert first.id == second.id == event_id
        assert Event.objects.get().title == "Rafting"

    def test_does_not_show_whose_event_has_the_id_already(self) -> None:
        theirs, _ = make_own_event(status=Status.DRAFT)
        owner = make_user()
        make_organizer(owner=owner)

        with pytest.raises(NotFound):
            self.make(Actor(owner.id), theirs.id)
