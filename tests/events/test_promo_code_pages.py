"""Promo codes on the organizer's pages."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from events.models import Event, PromoCode
from tests.events.organizing import Owner, SignIn, hidden, owner, signed_in, text
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_promo_code, make_ticket_type

__all__ = ["owner", "signed_in"]
pytestmark = pytest.mark.django_db

ONE = {"one-code": "early-26", "one-kind": "percent", "one-value": "10", "one-per_user_limit": "1", "one": "yes"}
MANY = {"many-count": "3", "many-beginning": "blog-", "many-kind": "fixed", "many-value": "500", "many": "yes"}


def path(event: Event, rest: str = "") -> str:
    return f"/events/{event.id}/promo-codes/{rest}"


class TestList:
    def test_tells_what_each_takes_off_and_how_often_it_was_used(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)
        adult = make_ticket_type(event=event, name="Adult")
        make_ticket_type(event=event, name="Child")
        make_promo_code(event=event, code="TEN", total_limit=100, used=3, ticket_type_ids=[adult.id])
        make_promo_code(event=event, code="GONE", kind="fixed", value=Decimal(500), is_active=False)
        make_promo_code(code="ELSEWHERE")

        page = text(client.get(path(event)))

        assert "3 of 100" in page
        assert "10\N{NO-BREAK SPACE}%" in page
        assert "500\N{NO-BREAK SPACE}₽" in page
        assert "switched off" in page
        assert '<span class="quiet">Adult</span>' in page
        assert "ELSEWHERE" not in page

    @pytest.mark.parametrize(
        ("fields", "state"),
        [
            ({}, "counts"),
            ({"total_limit": 2, "used": 2}, "used up"),
            ({"closes_at": timezone.now() - timedelta(days=1)}, "over"),
            ({"opens_at": timezone.now() + timedelta(days=1)}, "not yet"),
        ],
    )
    def test_says_whether_a_code_counts(self, owner: Owner, fields: dict[str, Any], state: str) -> None:
        own, client = owner
        event = make_event(organizer=own)
        make_promo_code(event=event, **fields)

        assert f">{state}</span>" in text(client.get(path(event)))

    def test_finds_some_of_many(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)
        for code in ("BLOG-1", "BLOG-2", "FRIENDS"):
            make_promo_code(event=event, code=code)

        page = text(client.get(path(event, "?q=blog")))

        assert "BLOG-1" in page
        assert "FRIENDS" not in page
        assert "No code contains that." in text(client.get(path(event, "?q=none")))
        assert client.get(path(event, "?q=%00")).status_code == 200

    @pytest.mark.parametrize("codes", [1, 30])
    def test_asks_the_database_the_same_number_of_times(
        self, owner: Owner, codes: int, django_assert_num_queries: Any
    ) -> None:
        own, client = owner
        event = make_event(organizer=own)
        make_ticket_type(event=event)
        for _ in range(codes):
            make_promo_code(event=event)
        client.get(path(event))

        # Session and user; the event with its types and the reader's role, for the page and for its list; count, codes.
        with django_assert_num_queries(QUERIES):
            client.get(path(event))

    def test_is_a_file_for_spreadsheets(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)
        make_promo_code(event=event, code="TEN", total_limit=5)

        file = client.get(f"/events/{event.id}/promo-codes.csv")

        assert file["Content-Type"].startswith("text/csv")
        assert "TEN,10\N{NO-BREAK SPACE}%,0,5,,,,counts" in text(file)


QUERIES = 10


class TestMake:
    def test_makes_a_code_in_upper_case_by_the_clock_of_the_place(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own, time_zone="Asia/Barnaul")

        answer = client.post(path(event), ONE | {"one-closes_at": "2030-06-01T07:00"})

        made = PromoCode.objects.get()
        assert answer.headers["Location"] == path(event)
        assert (made.code, made.value, made.per_user_limit, made.total_limit) == ("EARLY-26", Decimal(10), 1, None)
        assert made.closes_at == datetime(2030, 6, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"one-code": "ДЕСЯТЬ"}, "Latin letters"),
            ({"one-code": "taken"}, "The event has this promo code already."),
            ({"one-value": "101"}, "A discount is 100 percent at most."),
            ({"one-value": "0"}, "A discount is more than nothing."),
            ({"one-opens_at": "2030-06-02T00:00", "one-closes_at": "2030-06-01T00:00"}, "must end after it begins"),
            ({"one-total_limit": "many"}, "Enter a whole number."),
        ],
    )
    def test_says_beside_the_field_what_is_wrong(self, owner: Owner, wrong: dict[str, str], told: str) -> None:
        own, client = owner
        event = make_event(organizer=own)
        make_promo_code(event=event, code="TAKEN")

        answer = client.post(path(event), ONE | wrong)

        assert answer.status_code == 400
        assert told in text(answer).replace("&#x27;", "'")
        assert PromoCode.objects.count() == 1

    def test_counts_for_the_chosen_tickets_of_the_event_only(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)
        adult, _child = (make_ticket_type(event=event) for _ in range(2))
        foreign = make_ticket_type()

        refused = client.post(path(event), ONE | {"one-ticket_types": str(foreign.id)})
        client.post(path(event), ONE | {"one-ticket_types": str(adult.id)})

        assert refused.status_code == 400
        assert PromoCode.objects.get().ticket_type_ids == [adult.id]

    def test_makes_many_at_once_however_often_the_form_is_sent(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)
        form = MANY | {"many-made_as": hidden(text(client.get(path(event))), "many-made_as")}

        for _ in range(2):
            assert client.post(path(event), form).status_code == 302

        codes = PromoCode.objects.values_list("code", flat=True)
        assert len(codes) == 3
        assert all(code.startswith("BLOG-") for code in codes)

    def test_makes_no_more_than_a_thousand(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)

        answer = client.post(path(event), MANY | {"many-count": "1001", "many-made_as": "x"})

        assert answer.status_code == 400
        assert not PromoCode.objects.exists()


class TestChange:
    def test_switches_off_and_on(self, owner: Owner) -> None:
        own, client = owner
        promo = make_promo_code(event=make_event(organizer=own))

        states = []
        for switch in ("off", "on"):
            client.post(path(promo.event, f"{promo.id}/"), {"switch": switch})
            states.append(PromoCode.objects.get().is_active)

        assert states == [False, True]

    def test_changes_the_terms_and_keeps_seconds_that_it_does_not_show(self, owner: Owner) -> None:
        own, client = owner
        closes_at = datetime(2030, 6, 1, 9, 0, 17, tzinfo=UTC)
        promo = make_promo_code(event=make_event(organizer=own, time_zone="UTC"), closes_at=closes_at, used=2)

        shown = text(client.get(path(promo.event, f"{promo.id}/")))
        sent = {"total_limit": "5", "per_user_limit": "", "opens_at": "", "closes_at": "2030-06-01T09:00"}
        client.post(path(promo.event, f"{promo.id}/"), sent)
        refused = client.post(path(promo.event, f"{promo.id}/"), sent | {"total_limit": "1"})

        promo.refresh_from_db()
        assert 'value="2030-06-01T09:00"' in shown
        assert (promo.total_limit, promo.closes_at) == (5, closes_at)
        assert "used more often than that already" in text(refused)


class TestReach:
    @pytest.mark.parametrize("rest", ["", "{promo}/"])
    def test_does_not_exist_for_strangers(self, signed_in: SignIn, rest: str) -> None:
        promo = make_promo_code()
        client = signed_in(make_user())
        address = path(promo.event, rest.format(promo=promo.id))

        assert client.get(address).status_code == 404
        assert client.post(address, ONE | {"switch": "off"}).status_code == 404
        assert client.get(f"/events/{promo.event_id}/promo-codes.csv").status_code == 404
        assert PromoCode.objects.get().is_active

    def test_asks_guests_to_sign_in(self, client: Any) -> None:
        assert client.get(path(make_event())).headers["Location"].startswith("/accounts/login/")

    def test_knows_no_code_of_another_event(self, owner: Owner) -> None:
        own, client = owner
        foreign = make_promo_code()

        address = path(make_event(organizer=own), f"{foreign.id}/")

        assert client.get(address).status_code == 404
        assert client.post(address, {"switch": "off"}).status_code == 404
