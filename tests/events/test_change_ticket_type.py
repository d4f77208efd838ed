from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit.models import AuditEntry
from common.money import Money
from common.problems import InvalidInput, NotFound, StaleVersion
from common.transactions import use_case
from events.actors import Actor
from events.models import Event, TicketType
from events.models.lifecycle import Status
from events.services.add_ticket_type import add_ticket_type
from events.services.change_ticket_type import change_ticket_type
from events.services.update_event import CapacityTaken, EventClosed
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def make_own_type(*, event: dict[str, Any] | None = None, **fields: Any) -> tuple[TicketType, Actor]:
    owner = make_user()
    own = make_event(organizer=make_organizer(owner=owner), **(event or {}))
    return make_ticket_type(event=own, **fields), Actor(owner.id)


def change(ticket_type: TicketType, actor: Actor, version: int | None = None, **fields: Any) -> TicketType:
    with use_case():
        return change_ticket_type(
            actor=actor,
            event_id=ticket_type.event_id,
            ticket_type_id=ticket_type.id,
            fields=fields,
            expected_version=version,
        )


def add(event: Event, actor: Actor, **fields: Any) -> TicketType:
    known = {"name": "VIP", "price": Money(Decimal(9000), "RUB"), "capacity": 5}
    with use_case():
        return add_ticket_type(actor=actor, event_id=event.id, fields=known | fields)


class TestChangeTicketType:
    def test_changes_price_and_capacity_and_audits_both(self) -> None:
        ticket_type, actor = make_own_type()

        changed = change(ticket_type, actor, price=Money(Decimal(1200), "RUB"), capacity=12)

        entry = AuditEntry.objects.get()
        assert (changed.price, changed.capacity) == (1200, 12)
        assert entry.action == "events.change_ticket_type"
        assert entry.changes == {"price": ["1000.00", "1200.00"], "capacity": ["10", "12"]}

    def test_of_nothing_changes_nothing(self) -> None:
        ticket_type, actor = make_own_type()

        changed = change(ticket_type, actor)

        assert (changed.name, changed.price, changed.capacity) == (ticket_type.name, 1000, 10)

    def test_raises_the_version_of_its_event(self) -> None:
        ticket_type, actor = make_own_type()

        change(ticket_type, actor, name="Grown-up", version=1)

        assert Event.objects.get(id=ticket_type.event_id).version == 2
        assert not AuditEntry.objects.exists()

    def test_refuses_less_capacity_than_is_held_and_sold(self) -> None:
        ticket_type, actor = make_own_type(held=2, sold=3)

        with pytest.raises(CapacityTaken) as refused:
            change(ticket_type, actor, capacity=4)

        assert refused.value.extra == {"taken": 5}
        assert change(ticket_type, actor, capacity=5).available == 0

    def test_refuses_a_stale_version_of_the_event(self) -> None:
        ticket_type, actor = make_own_type(event={"version": 4})

        with pytest.raises(StaleVersion):
            change(ticket_type, actor, version=3, capacity=20)

    def test_refuses_another_currency_than_the_events(self) -> None:
        ticket_type, actor = make_own_type()

        with pytest.raises(InvalidInput) as refused:
            change(ticket_type, actor, price=Money(Decimal(12), "EUR"))

        assert refused.value.errors[0].pointer == "/price/currency"

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [({"min_per_booking": 4, "max_per_booking": 3}, "/max_per_booking"), ({"name": "Taken"}, "/name")],
    )
    def test_points_at_what_contradicts(self, fields: dict[str, Any], pointer: str) -> None:
        ticket_type, actor = make_own_type()
        make_ticket_type(event=ticket_type.event, name="Taken")

        with pytest.raises(InvalidInput) as refused:
            change(ticket_type, actor, **fields)

        assert refused.value.errors[0].pointer == pointer

    def test_refuses_sales_that_close_before_they_open(self) -> None:
        ticket_type, actor = make_own_type()
        start = ticket_type.event.starts_at

        with pytest.raises(InvalidInput) as refused:
            change(ticket_type, actor, sale_opens_at=start, sale_closes_at=start - timedelta(days=1))

        assert refused.value.errors[0].pointer == "/sale_closes_at"

    def test_keeps_a_published_event_on_sale(self) -> None:
        ticket_type, actor = make_own_type()

        with pytest.raises(InvalidInput) as refused:
            change(ticket_type, actor, sale_opens_at=ticket_type.event.starts_at)

        assert refused.value.errors[0].code == "not_on_sale"

    def test_refuses_a_type_of_another_event(self) -> None:
        ticket_type, actor = make_own_type()
        foreign = make_ticket_type()

        with pytest.raises(NotFound), use_case():
            change_ticket_type(
                actor=actor, event_id=ticket_type.event_id, ticket_type_id=foreign.id, fields={"capacity": 1}
            )

    def test_refuses_what_is_over(self) -> None:
        ticket_type, actor = make_own_type(event={"status": Status.FINISHED})

        with pytest.raises(EventClosed):
            change(ticket_type, actor, capacity=20)


class TestAddTicketType:
    def test_adds_a_type_in_the_events_currency(self) -> None:
        ticket_type, actor = make_own_type()

        added = add(ticket_type.event, actor)

        assert (added.name, added.price, added.currency) == ("VIP", 9000, "RUB")
        assert Event.objects.get(id=ticket_type.event_id).version == 2

    def test_refuses_a_name_that_is_taken(self) -> None:
        ticket_type, actor = make_own_type(name="VIP")

        with pytest.raises(InvalidInput) as refused:
            add(ticket_type.event, actor)

        assert refused.value.errors[0].pointer == "/name"

    def test_refuses_a_price_while_the_organizer_is_not_approved(self) -> None:
        ticket_type, actor = make_own_type(price=0)
        organizer = ticket_type.event.organizer
        type(organizer).objects.filter(id=organizer.id).update(approved_at=None)

        with pytest.raises(InvalidInput) as refused:
            add(ticket_type.event, actor)

        assert refused.value.errors[0].code == "not_approved"
        assert TicketType.objects.count() == 1

    def test_refuses_a_stranger_as_if_there_were_none(self) -> None:
        with pytest.raises(NotFound):
            add(make_event(), Actor(make_user().id))
