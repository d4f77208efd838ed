from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from common.money import Money
from common.problems import InvalidInput
from events.models.lifecycle import Status
from events.services.check_event import missing_for_publication, missing_in_content, missing_in_offer
from events.services.check_ticket_type import check_offer, columns_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

NOW = timezone.now()


class TestMissingForPublication:
    def test_is_nothing_when_all_is_there(self) -> None:
        ticket_type = make_ticket_type(event=make_event(status=Status.DRAFT))

        assert missing_for_publication(event=ticket_type.event, types=[ticket_type], now=NOW) == ()

    def test_names_a_start_that_has_passed_to_the_second(self) -> None:
        ticket_type = make_ticket_type()
        start = ticket_type.event.starts_at

        at_the_start = missing_for_publication(event=ticket_type.event, types=[ticket_type], now=start)
        just_before = missing_for_publication(
            event=ticket_type.event, types=[ticket_type], now=start - timedelta(seconds=1)
        )

        assert ([one.code for one in at_the_start], just_before) == (["in_the_past"], ())


class TestMissingInContent:
    @pytest.mark.parametrize(
        ("fields", "pointers"),
        [
            ({}, []),
            ({"city": ""}, ["/venue"]),
            ({"venue": ""}, ["/venue"]),
            ({"venue": "", "online_url": "https://example.com/"}, []),
            ({"refund_policy": {}}, ["/refund_policy"]),
            # No bands at all is a policy too: nothing is refunded.
            ({"refund_policy": {"bands": []}}, []),
        ],
    )
    def test_wants_a_place_or_a_link_and_a_policy(self, fields: dict[str, object], pointers: list[str]) -> None:
        assert [one.pointer for one in missing_in_content(event=make_event(**fields))] == pointers


class TestMissingInOffer:
    def test_is_content_with_one_type_on_sale_in_time(self) -> None:
        event = make_event()
        late = make_ticket_type(event=event, sale_opens_at=event.starts_at)
        in_time = make_ticket_type(event=event, sale_opens_at=event.starts_at - timedelta(minutes=1))

        assert missing_in_offer(event=event, types=[late, in_time]) == ()
        assert [one.code for one in missing_in_offer(event=event, types=[late])] == ["not_on_sale"]


class TestCheckOffer:
    def test_leaves_a_draft_alone(self) -> None:
        draft = make_event(status=Status.DRAFT)
        assert missing_in_offer(event=draft, types=[]) != ()

        check_offer(event=draft)

        draft.refresh_from_db()
        assert draft.status == Status.DRAFT

    def test_refuses_a_published_event_without_tickets(self) -> None:
        with pytest.raises(InvalidInput):
            check_offer(event=make_event())


class TestColumnsOf:
    def test_takes_the_amount_of_a_price_in_the_events_currency(self) -> None:
        price = Money(Decimal(5), "RUB")

        assert columns_of(event=make_event(), fields={"price": price, "name": "A"}) == {"price": 5, "name": "A"}

    def test_points_at_another_currency(self) -> None:
        price = Money(Decimal(5), "EUR")

        with pytest.raises(InvalidInput) as refused:
            columns_of(event=make_event(), fields={"price": price}, pointer="/ticket_types/0")

        assert refused.value.errors[0].pointer == "/ticket_types/0/price/currency"
