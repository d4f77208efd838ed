"""What the platform owes organizers, month by month, and the page of it in the back office."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEntry
from bookings.models import Booking, ProviderAccount, Refund
from bookings.services.settle_month import (
    FeeNotUnderstood,
    Month,
    note_settlement_export,
    read_fees,
    settle_month,
    totals_of,
)
from common.money import Money
from common.transactions import NoTransaction
from tests.accounts.test_admin_site import staff_client
from tests.bookings.test_settle_organizer import paid_at, refund
from tests.factories.accounts import make_organizer, make_staff
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db
MAY = Month(2030, 5)
MIDDLE = datetime(2030, 5, 15, tzinfo=UTC)
MOSCOW = "Europe/Moscow"
PAGE = "/admin/bookings/settlement/"


def rub(amount: str) -> Money:
    return Money(Decimal(amount), "RUB")


def settle(month: Month = MAY, *fees: str, words: str = "") -> Any:
    return settle_month(month=month, time_zone=MOSCOW, fees=read_fees(fees), words=words)


def kind_of(name: str, price: str) -> Any:
    return make_ticket_type(event=make_event(organizer=make_organizer(name=name)), price=Decimal(price))


class TestSettleMonth:
    def test_adds_up_by_organizer_what_came_went_back_and_is_left(self) -> None:
        kind = kind_of("Аква", "100.10")
        first = paid_at(MIDDLE, ticket_type=kind, seats=3)
        paid_at(MIDDLE, ticket_type=kind)
        paid_at(MIDDLE, ticket_type=kind_of("Волна", "50.00"))
        refund(first, "50.05", "succeeded", MIDDLE)

        aqua, wave = settle(MAY, "2030-01:5")

        assert (aqua.organizer_name, aqua.payments) == ("Аква", 2)
        assert (aqua.gross, aqua.refunds, aqua.fee, aqua.net) == (
            rub("400.40"),
            rub("50.05"),
            rub("17.52"),
            rub("332.83"),
        )
        assert wave.net == rub("47.50")
        assert totals_of((aqua, wave)) == ((rub("450.40"), rub("50.05"), rub("20.02"), rub("380.33")),)

    def test_counts_the_last_evening_by_the_clock_of_the_settlement_not_by_that_of_the_server(self) -> None:
        paid_at(datetime(2030, 5, 31, 20, 59, tzinfo=UTC), ticket_type=kind_of("Last of May", "1.00"))
        paid_at(datetime(2030, 5, 31, 21, 0, tzinfo=UTC), ticket_type=kind_of("First of June", "1.00"))

        assert [one.organizer_name for one in settle(MAY)] == ["Last of May"]
        assert [one.organizer_name for one in settle(MAY.next)] == ["First of June"]

    def test_gives_the_fee_of_a_refund_back_in_its_own_month(self) -> None:
        booking = paid_at(MIDDLE)
        refund(booking, "1000.00", "succeeded", datetime(2030, 6, 2, tzinfo=UTC))

        [may], [june] = settle(MAY, "2030-01:10"), settle(MAY.next, "2030-01:10")

        assert (may.fee, may.net) == (rub("100.00"), rub("900.00"))
        assert (june.payments, june.fee, june.net) == (0, rub("-100.00"), rub("-900.00"))

    def test_keeps_the_rate_of_the_month(self) -> None:
        paid_at(MIDDLE)

        assert [
            settle(MAY, *fees)[0].fee for fees in ((), ("2030-06:7",), ("2030-06:7", "2030-05:5", "2029-01:3"))
        ] == [
            rub("0.00"),
            rub("0.00"),
            rub("50.00"),
        ]

    def test_leaves_out_what_organizers_have_already_and_what_is_under_way(self) -> None:
        own, cash, begun = paid_at(MIDDLE), paid_at(MIDDLE), paid_at(MIDDLE)
        account = ProviderAccount.objects.create(organizer=own.event.organizer, provider="stripe", credentials="{}")
        own.payments.update(account=account)
        cash.payments.update(provider="door")
        refund(own, "10.00", "succeeded", MIDDLE)
        refund(cash, "10.00", "succeeded", MIDDLE)
        refund(begun, "10.00", "pending", None)

        [line] = settle()

        assert (line.organizer_id, line.net) == (begun.event.organizer_id, rub("1000.00"))

    def test_is_found_by_name(self) -> None:
        paid_at(MIDDLE, ticket_type=kind_of("Аква", "1.00"))
        paid_at(MIDDLE, ticket_type=kind_of("Волна", "1.00"))

        assert [one.organizer_name for one in settle(words="вол")] == ["Волна"]

    def test_needs_two_queries_however_many_organizers(self, django_assert_num_queries: Any) -> None:
        for _ in range(3):
            paid_at(MIDDLE)

        with django_assert_num_queries(2):
            assert len(settle()) == 3

    @pytest.mark.parametrize("word", ["5", "2030-13:5", "2030-05", "2030-05:x", "2030-05:101", "2030-05:-1"])
    def test_understands_no_other_rates(self, word: str) -> None:
        with pytest.raises(FeeNotUnderstood):
            read_fees([word])

    def test_months_follow_each_other(self) -> None:
        assert (Month(2030, 12).next, Month(2030, 1).previous) == (Month(2031, 1), Month(2029, 12))
        assert (MAY.next.previous, str(MAY)) == (MAY, "2030-05")

    def test_an_export_is_noted_in_a_transaction_only(self) -> None:
        with pytest.raises(NoTransaction):
            note_settlement_export(administrator_id=make_staff("finance").id, month=MAY)


@pytest.fixture
def finance() -> User:
    return make_staff("finance")


@pytest.fixture
def office(finance: User) -> Client:
    return staff_client(finance, verified=True)


class TestPage:
    def test_shows_the_month_that_was_asked_for(self, office: Client) -> None:
        paid_at(MIDDLE, ticket_type=kind_of("<b>Аква</b>", "100.10"))

        page = office.get(PAGE, {"month": "2030-05"}, headers={"Accept-Language": "en"}).content.decode()

        assert "&lt;b&gt;Аква&lt;/b&gt;" in page
        assert "100.10" in page
        assert "month=2030-04" in page

    @pytest.mark.parametrize("asked", ["", "x", "2030-99", "0000-01", "9999-12"])
    def test_shows_the_last_month_that_is_over_otherwise(self, office: Client, asked: str) -> None:
        page = office.get(PAGE, {"month": asked})

        assert (page.status_code, page.context["month"]) == (200, Month.of(timezone.now(), MOSCOW).previous)

    def test_is_taken_out_as_csv_and_that_is_written_down(self, office: Client, finance: User) -> None:
        paid_at(MIDDLE, ticket_type=kind_of("=cmd", "100.10"))

        answer = office.post(f"{PAGE}export/", {"month": "2030-05"})

        assert answer["Content-Disposition"] == 'attachment; filename="settlement-2030-05.csv"'
        assert ",'=cmd,1,100.10,0.00,0.00,100.10,RUB" in answer.content.decode("utf-8-sig")
        entry = AuditEntry.objects.get(action="bookings.export_settlement")
        assert (entry.actor_id, entry.target_id) == (finance.id, "2030-05")

    @pytest.mark.parametrize("path", [PAGE, f"{PAGE}export/"])
    def test_is_closed_to_other_roles(self, path: str) -> None:
        for role in ("support", "moderator"):
            assert staff_client(make_staff(role), verified=True).get(path).status_code == 403

    def test_has_nothing_of_a_single_payment(self, office: Client) -> None:
        paid_at(MIDDLE)
        payment = Booking.objects.get().payments.get()

        assert office.get(f"{PAGE}{payment.id}/change/").status_code == 404
        assert not Refund.objects.exists()
