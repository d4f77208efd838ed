"""All prices of an event, raised or lowered at once."""

from decimal import Decimal

import pytest

from audit.models import AuditEntry
from common.problems import InvalidInput, StaleVersion
from common.transactions import use_case
from events.actors import Actor
from events.services.change_prices import change_prices
from events.services.update_event import EventClosed
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

ADMINISTRATOR = Actor(administers=True)


class TestChangePrices:
    def test_rounds_to_the_kopeck_and_leaves_what_is_free(self) -> None:
        event = make_event()
        for price in ("999.99", "0.00"):
            make_ticket_type(event=event, price=Decimal(price), name=price)

        with use_case():
            change_prices(actor=ADMINISTRATOR, event_id=event.id, percent=-15)

        assert list(event.ticket_types.order_by("name").values_list("price", flat=True)) == [
            Decimal("0.00"),
            Decimal("849.99"),
        ]
        assert AuditEntry.objects.get().changes == {"999.99": ["999.99", "849.99"]}

    def test_refuses_more_than_can_be_written_down(self) -> None:
        ticket_type = make_ticket_type(price=Decimal("9999999999.99"))

        with pytest.raises(InvalidInput) as refused, use_case():
            change_prices(actor=ADMINISTRATOR, event_id=ticket_type.event_id, percent=500)

        assert refused.value.errors[0].pointer == "/percent"

    def test_refuses_an_old_version(self) -> None:
        event = make_event(version=3)

        with pytest.raises(StaleVersion), use_case():
            change_prices(actor=ADMINISTRATOR, event_id=event.id, percent=5, expected_version=2)

    def test_leaves_what_is_over(self) -> None:
        event = make_event(status="finished")

        with pytest.raises(EventClosed), use_case():
            change_prices(actor=ADMINISTRATOR, event_id=event.id, percent=5)
