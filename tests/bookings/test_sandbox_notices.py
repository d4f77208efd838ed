"""The sandbox tells its outcomes over real HTTP, to the same door as any provider."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import tasks
from bookings.models import Booking, Payment, ProviderWebhook, Refund, SandboxNotice, SandboxPayment
from bookings.providers.sandbox import SandboxProvider, end_sandbox_payment
from bookings.providers.sandbox_notices import RETRY_SECONDS, send_sandbox_notices
from bookings.services.cancel_booking import cancel_booking
from bookings.services.start_payment import start_payment
from bus.models import OutboxRow
from common.transactions import use_case
from tests.factories.bookings import hold

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def our_door(live_server: Any, settings: Any) -> str:
    settings.PUBLIC_URL = live_server.url
    return live_server.url


def begin(booking: Booking) -> Payment:
    return start_payment(
        user_id=booking.user_id,
        booking_id=booking.id,
        provider=SandboxProvider(),
        return_url="http://shop.example/",
        now=timezone.now(),
    )


def end(payment: Payment, ending: str) -> None:
    with use_case():
        end_sandbox_payment(
            payment_id=SandboxPayment.objects.get(id=payment.provider_payment_id).id,
            ending=ending,
            now=timezone.now(),
        )


def deliver(*, later: timedelta = timedelta(0)) -> int:
    return send_sandbox_notices(now=timezone.now() + later)


class TestSendSandboxNotices:
    def test_brings_a_payment_from_the_page_to_the_tickets_and_back(self, our_door: str) -> None:
        booking = hold(seats=2)
        end(begin(booking), "succeed")

        assert deliver() == 1
        tasks.sweep_payments()
        booking.refresh_from_db()
        assert booking.status == "confirmed"

        with use_case():
            cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())
        tasks.sweep_payments()
        assert Refund.objects.get().status == "succeeded"
        assert SandboxPayment.objects.get().refunded == booking.amount
        assert deliver() == 1
        tasks.sweep_payments()
        assert set(ProviderWebhook.objects.values_list("status", flat=True)) == {"applied"}

    def test_confuses_and_is_understood(self, our_door: str) -> None:
        booking = hold()
        end(begin(booking), "succeed_confusingly")

        taken = deliver() + deliver(later=timedelta(seconds=30))
        tasks.sweep_payments()

        booking.refresh_from_db()
        assert (taken, booking.status) == (4, "confirmed")
        assert ProviderWebhook.objects.count() == 2

    def test_tells_of_a_refusal(self, our_door: str) -> None:
        booking = hold()
        payment = begin(booking)
        end(payment, "fail")

        deliver()
        tasks.sweep_payments()

        payment.refresh_from_db()
        booking.refresh_from_db()
        assert (payment.status, booking.status) == ("failed", "held")

    def test_takes_its_time(self, our_door: str) -> None:
        end(begin(hold()), "succeed_slowly")

        assert (deliver(), deliver(later=timedelta(seconds=21))) == (0, 1)

    def test_tries_again_when_nobody_answers(self, settings: Any) -> None:
        settings.PUBLIC_URL = "http://127.0.0.1:1"
        end(begin(hold()), "succeed")
        now = timezone.now()

        taken = send_sandbox_notices(now=now)

        notice = SandboxNotice.objects.get()
        assert (taken, notice.attempts, notice.sent_at) == (0, 1, None)
        assert notice.due_at == now + timedelta(seconds=RETRY_SECONDS)


class TestClockJobs:
    def test_are_tasks_with_these_names(self) -> None:
        from celery import current_app

        assert set(tasks.SCHEDULE) <= set(current_app.tasks)

    @pytest.mark.parametrize("name", sorted(tasks.SCHEDULE))
    def test_find_nothing_to_do_in_an_empty_house(self, name: str) -> None:
        from celery import current_app

        with CaptureQueriesContext(connection) as asked:
            current_app.tasks[name].run(unknown="ignored")

        writes = [one["sql"] for one in asked if one["sql"].startswith("INSERT")]
        assert len(asked) > 0
        assert writes == []
        assert not OutboxRow.objects.exists()
