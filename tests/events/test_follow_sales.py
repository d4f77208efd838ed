"""What an event costs: what can be bought of it now."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from common.transactions import use_case
from events import tasks
from events.models import Event, TicketType
from events.services import follow_sales as module
from events.services.follow_sales import follow_sales
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


def make_offer(
    event: Event, price: int, *, opens: datetime | None = None, closes: datetime | None = None
) -> TicketType:
    return make_ticket_type(event=event, price=Decimal(price), sale_opens_at=opens, sale_closes_at=closes)


def prices(event: Event) -> tuple[Decimal, Decimal | None]:
    return Event.objects.values_list("price_from", "price_to").get(id=event.id)


def follow(now: datetime) -> int:
    with use_case():
        return follow_sales(now=now)


class TestPrices:
    def test_are_those_of_what_can_be_bought_now(self) -> None:
        event, now = make_event(), timezone.now()
        make_offer(event, 0, opens=now + HOUR)
        make_offer(event, 500, closes=now - HOUR)
        make_offer(event, 1000, opens=now - HOUR, closes=now + HOUR)
        make_offer(event, 3000)

        assert prices(event) == (1000, 3000)

    def test_are_those_to_come_while_nothing_can_be_bought(self) -> None:
        event, now = make_event(), timezone.now()
        make_offer(event, 500, closes=now - HOUR)
        make_offer(event, 700, opens=now + HOUR)

        assert prices(event) == (700, 700)

    def test_are_the_last_ones_when_all_sales_are_over(self) -> None:
        event = make_event()
        make_offer(event, 500, closes=timezone.now() - HOUR)

        assert prices(event) == (500, 500)

    def test_follow_a_window_that_is_moved(self) -> None:
        event, now = make_event(), timezone.now()
        make_offer(event, 900)
        gift = make_offer(event, 0, opens=now + HOUR)

        TicketType.objects.filter(id=gift.id).update(sale_opens_at=now - HOUR)

        assert prices(event) == (0, 900)

    def test_are_unknown_without_types(self) -> None:
        only = make_offer(make_event(), 900)

        only.delete()

        assert prices(only.event) == (0, None)

    def test_of_a_free_ticket_to_come_make_no_event_free(self, client: Client) -> None:
        event, now = make_event(), timezone.now()
        make_offer(event, 0, opens=now + HOUR)
        make_offer(event, 1000)

        def answer(query: str) -> Any:
            return client.get(f"/api/v1/events/?{query}").json()

        [card] = answer("")["results"]
        assert card["price_from"]["amount"] == "1000.00"
        assert client.get(f"/api/v1/events/{event.id}/").json()["price_from"]["amount"] == "1000.00"
        assert answer("free=true")["results"] == answer("price_max=500")["results"] == []
        assert len(answer("free=false")["results"]) == len(answer("price_min=500")["results"]) == 1
        assert answer("facets=1")["facets"]["free"] == [{"value": "false", "count": 1}]
        assert client.get("/?free=true").context["cards"] == []


class TestFollowSales:
    def test_lets_an_event_cost_what_has_come_on_sale(self) -> None:
        event, now = make_event(), timezone.now()
        make_offer(event, 0, opens=now + HOUR)
        make_offer(event, 1000)

        assert (follow(now + HOUR - timedelta(seconds=1)), prices(event)) == (0, (1000, 1000))
        assert (follow(now + HOUR), prices(event)) == (1, (0, 1000))
        assert follow(now + 2 * HOUR) == 0

    def test_lets_the_early_price_end(self) -> None:
        event, now = make_event(), timezone.now()
        make_offer(event, 800, closes=now + HOUR)
        make_offer(event, 1000, opens=now + HOUR)

        follow(now + HOUR)

        assert prices(event) == (1000, 1000)

    def test_takes_all_steps_of_a_downtime_at_once(self) -> None:
        event, now = make_event(), timezone.now()
        make_offer(event, 800, closes=now + HOUR)
        make_offer(event, 900, opens=now + HOUR, closes=now + 2 * HOUR)
        make_offer(event, 1000, opens=now + 2 * HOUR)

        assert (follow(now + 3 * HOUR), prices(event)) == (1, (1000, 1000))
        assert follow(now + 4 * HOUR) == 0

    def test_leaves_the_version_alone(self) -> None:
        event, now = make_event(), timezone.now()
        make_offer(event, 800, closes=now + HOUR)

        follow(now + HOUR)

        assert Event.objects.get(id=event.id).version == event.version

    def test_passes_over_what_somebody_is_changing(self) -> None:
        event, now = make_event(), timezone.now()
        make_offer(event, 800, closes=now + HOUR)
        other = connection.copy()
        other.set_autocommit(False)
        with other.cursor() as sql:
            sql.execute("SELECT 1 FROM events_event WHERE id = %s FOR UPDATE", [event.id])

        while_locked = follow(now + HOUR)
        other.rollback()
        other.close()

        assert (while_locked, follow(now + HOUR)) == (0, 1)

    def test_the_task_goes_on_until_nothing_is_due(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "BATCH", 1)
        monkeypatch.setattr(tasks, "PRICES", 1)
        for _ in range(3):
            make_offer(make_event(), 800, closes=timezone.now() + HOUR)
        Event.objects.update(prices_until=timezone.now() - HOUR)

        tasks.follow_open_sales()

        assert not Event.objects.filter(prices_until__lte=timezone.now()).exists()
