from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking, Payment, ProviderAccount, Refund
from bookings.services.promise_refund import promise_refund
from bookings.services.settle_month import Month, read_fees, settle_month
from bookings.services.settle_organizer import Statement, statement_of
from common.money import Money
from common.transactions import use_case
from tests.bookings.api.test_bookings import member_of, signed_in
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 5, 15, tzinfo=UTC)
ZONE = "Europe/Moscow"


def statement(booking: Booking, *, since: datetime = NOW - timedelta(days=1), until: datetime = NOW) -> Statement:
    return statement_of(
        organizer_id=booking.event.organizer_id, since=since, until=until, time_zone=ZONE, fees=read_fees(["2030-05:5"])
    )


def paid_at(moment: datetime, **wanted: Any) -> Booking:
    booking = confirm(**wanted)
    booking.payments.update(settled_at=moment)
    return booking


def refund(booking: Booking, amount: str, status: str, at: datetime | None) -> None:
    with use_case():
        promise_refund(
            booking=booking, amount=Money(Decimal(amount), "RUB"), reason="goodwill", actor_id=None, now=timezone.now()
        )
    Refund.objects.filter(payment__booking=booking).update(status=status, settled_at=at)


class TestStatement:
    def test_adds_up_what_came_and_what_went_back(self) -> None:
        kind = make_ticket_type(price=Decimal("100.10"))
        first = paid_at(NOW - timedelta(hours=1), ticket_type=kind, seats=3)
        paid_at(NOW - timedelta(hours=2), ticket_type=kind)
        refund(first, "50.05", "succeeded", NOW - timedelta(minutes=1))
        confirm()

        told = statement(first)

        [line] = told.lines
        assert (line.payments, line.paid.amount, line.refunded.amount) == (2, Decimal("400.40"), Decimal("50.05"))
        assert told.totals == (Money(Decimal("350.35"), "RUB"),)

    def test_counts_a_moment_in_one_period_only(self) -> None:
        booking = paid_at(NOW)

        before, after = statement(booking), statement(booking, since=NOW, until=NOW + timedelta(days=1))

        assert (len(before.lines), len(after.lines)) == (0, 1)

    def test_takes_the_fee_of_each_month_as_its_settlement_does(self) -> None:
        kind = make_ticket_type(price=Decimal("333.33"))
        # April, by the clock of Moscow already May, and May, with something of it given back.
        free = paid_at(datetime(2030, 4, 30, 20, 59, tzinfo=UTC), ticket_type=kind)
        paid_at(datetime(2030, 4, 30, 21, 0, tzinfo=UTC), ticket_type=kind)
        part = paid_at(NOW - timedelta(hours=1), ticket_type=kind)
        refund(part, "33.33", "succeeded", NOW - timedelta(minutes=1))

        told = statement(free, since=NOW - timedelta(days=40))

        may = settle_month(month=Month(2030, 5), time_zone=ZONE, fees=read_fees(["2030-05:5"]))
        assert told.fees == tuple(line.fee for line in may) == (Money(Decimal("31.67"), "RUB"),)
        assert told.payouts == (Money(Decimal("966.66") - Decimal("31.67"), "RUB"),)

    def test_leaves_out_what_is_under_way(self) -> None:
        booking = paid_at(NOW - timedelta(hours=1))
        refund(booking, "10.00", "pending", None)

        assert statement(booking).lines[0].refunded.amount == 0

    def test_leaves_out_what_the_organizer_has_already(self) -> None:
        own = paid_at(NOW - timedelta(hours=1))
        account = ProviderAccount.objects.create(organizer=own.event.organizer, provider="stripe", credentials="{}")
        own.payments.update(account=account)
        cash = paid_at(NOW - timedelta(hours=1))
        Payment.objects.filter(booking=cash).update(provider="door")

        assert statement(own).lines == statement(cash).lines == ()

    def test_needs_two_queries_however_many_events(self, django_assert_num_queries: Any) -> None:
        booking = paid_at(NOW - timedelta(hours=1))

        with django_assert_num_queries(2):
            statement(booking)


class TestApi:
    def test_answers_json_and_csv(self, settings: Any) -> None:
        settings.PLATFORM_FEES = ["2030-05:5"]
        kind = make_ticket_type()
        kind.event.title = "=cmd"
        kind.event.save()
        paid_at(NOW - timedelta(hours=1), ticket_type=kind)
        manager = signed_in(member_of(kind.event, "manager"))
        path = f"/api/v1/organizers/{kind.event.organizer_id}/settlement"
        period = {"since": "2030-05-01T00:00:00Z", "until": "2030-06-01T00:00:00Z"}

        told = manager.get(f"{path}/", period)
        table = manager.get(f"{path}.csv", period)

        assert told.json()["fees"] == [{"amount": "50.00", "currency": "RUB"}]
        assert told.json()["payouts"] == [{"amount": "950.00", "currency": "RUB"}]
        assert told.json()["lines"][0]["due"] == {"amount": "1000.00", "currency": "RUB"}
        assert "'=cmd,1,1000.00,0.00,1000.00,RUB" in table.content.decode("utf-8-sig")

    def test_refuses_a_period_that_ends_before_it_begins(self) -> None:
        kind = make_ticket_type()
        manager = signed_in(member_of(kind.event, "manager"))

        answer = manager.get(
            f"/api/v1/organizers/{kind.event.organizer_id}/settlement/",
            {"since": "2030-06-01T00:00:00Z", "until": "2030-05-01T00:00:00Z"},
        )

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/until")

    def test_is_closed_to_others(self) -> None:
        kind = make_ticket_type()

        for who in (make_user(), member_of(kind.event, "door")):
            path = f"/api/v1/organizers/{kind.event.organizer_id}/settlement/"
            assert signed_in(who).get(path).status_code == 404
