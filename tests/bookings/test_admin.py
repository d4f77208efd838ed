from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from bookings.models import CancellationFailure, EventCancellation, ProviderWebhook, Refund, SeatDrift
from tests.accounts.test_admin_site import staff_client
from tests.factories.accounts import make_account
from tests.factories.bookings import confirm, hold, tickets_of

pytestmark = pytest.mark.django_db

LISTS = ["booking", "refund", "providerwebhook", "eventcancellation", "cancellationfailure", "seatdrift"]


@pytest.fixture
def chief() -> User:
    return make_account(is_staff=True, is_superuser=True)


@pytest.fixture
def office(chief: User) -> Client:
    return staff_client(chief, verified=True)


def furnish(count: int) -> None:
    now = timezone.now()
    for number in range(count):
        booking = confirm()
        Refund.objects.create(
            payment=booking.payments.get(), amount=1, currency="RUB", reason="cancelled", next_attempt_at=now
        )
        ProviderWebhook.objects.create(provider="sandbox", notice_id=f"m-{number}", body={}, next_attempt_at=now)
        order = EventCancellation.objects.create(event=booking.event, reason="storm", total=1, next_attempt_at=now)
        CancellationFailure.objects.create(booking=booking, cancellation=order, error="drift", failed_at=now)
        SeatDrift.objects.create(
            event=booking.event, held_stored=1, held_counted=0, sold_stored=0, sold_counted=0, found_at=now
        )


class TestLists:
    @pytest.mark.parametrize("name", LISTS)
    def test_needs_ten_queries_at_most_however_long_it_is(
        self, name: str, office: Client, django_assert_max_num_queries: Any
    ) -> None:
        furnish(5)

        with django_assert_max_num_queries(10):
            answer = office.get(f"/admin/bookings/{name}/")

        assert answer.status_code == 200

    def test_is_searched_by_the_participant(self, office: Client) -> None:
        booking, other = hold(), hold()

        page = office.get("/admin/bookings/booking/", {"q": booking.user.email}).content.decode()

        assert str(booking.id) in page
        assert str(other.id) not in page


class TestBooking:
    def test_shows_payments_and_tickets_without_their_codes(self, office: Client) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)

        page = office.get(f"/admin/bookings/booking/{booking.id}/change/").content.decode()

        assert str(ticket.id) in page
        assert ticket.code not in page

    def test_writes_its_refund_policy_in_words(self, office: Client) -> None:
        booking = confirm()
        booking.refund_policy = {"bands": [{"hours_before": 24, "percent": 100}]}
        booking.save(update_fields=["refund_policy"])

        page = office.get(f"/admin/bookings/booking/{booking.id}/change/", headers={"Accept-Language": "en"})

        assert "1 day before the start or earlier: 100% back." in page.content.decode()
        assert "hours_before&quot;" not in page.content.decode()

    def test_is_not_changed_by_hand(self, office: Client) -> None:
        booking = hold()

        answer = office.post(f"/admin/bookings/booking/{booking.id}/change/", {"status": "confirmed"})

        booking.refresh_from_db()
        assert (answer.status_code, booking.status) == (403, "held")


class TestRetry:
    def test_starts_failed_refunds_again(self, office: Client) -> None:
        furnish(1)
        Refund.objects.update(status="failed", settled_at=timezone.now())

        office.post("/admin/bookings/refund/", {"action": "retry", "_selected_action": [str(Refund.objects.get().id)]})

        assert Refund.objects.get().status == "pending"
