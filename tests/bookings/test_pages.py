import re
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from bookings.documents.wording import moment_text, money_text
from bookings.models import Booking, Payment, SandboxPayment
from common.money import Money
from tests.factories.accounts import make_user
from tests.factories.bookings import HOLD, confirm, hold, make_payment, seats_of, settle, tickets_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def browser_of(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("\xa0", " "))


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


class TestBook:
    def test_holds_the_chosen_seats_and_shows_the_booking(self) -> None:
        event = make_event()
        adult, child = make_ticket_type(event=event), make_ticket_type(event=event)
        client = browser_of(make_user())

        answer = client.post(
            f"/events/{event.id}/book/", {f"quantity-{adult.id}": "2", f"quantity-{child.id}": "0", "other": "1"}
        )

        booking = Booking.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"/bookings/{booking.id}/")
        assert booking.quantities == {adult.id: 2}

    def test_leads_to_the_same_booking_when_pressed_twice(self) -> None:
        kind, client = make_ticket_type(), browser_of(make_user())

        first, second = [client.post(f"/events/{kind.event_id}/book/", {f"quantity-{kind.id}": "1"}) for _ in range(2)]

        assert first["Location"] == second["Location"]
        assert said(second) == ["You already have a booking for this event."]
        assert seats_of(kind) == (1, 0)

    @pytest.mark.parametrize("value", ["", "0", "-1", "x", "²", "9" * 40])
    def test_asks_for_a_choice_when_nothing_sensible_was_chosen(self, value: str) -> None:
        kind, client = make_ticket_type(), browser_of(make_user())

        answer = client.post(f"/events/{kind.event_id}/book/", {f"quantity-{kind.id}": value})

        assert (answer.status_code, answer["Location"]) == (302, f"/events/{kind.event_id}/")
        assert len(said(answer)) == 1
        assert not Booking.objects.exists()

    def test_says_how_many_are_left(self) -> None:
        kind = make_ticket_type(capacity=1)

        answer = browser_of(make_user()).post(f"/events/{kind.event_id}/book/", {f"quantity-{kind.id}": "2"})

        assert said(answer) == ["Only 1 of the chosen seats are left. Choose fewer, or another ticket."]

    @pytest.mark.parametrize("page", ["book", "quote", "waitlist"])
    def test_leads_back_with_the_access_code_that_has_opened_the_tickets(self, client: Client, page: str) -> None:
        kind = make_ticket_type(access_code="FRIENDS & CO")
        path, event = f"/events/{kind.event_id}/{page}/", f"/events/{kind.event_id}/?access_code=FRIENDS+%26+CO"
        form = {f"quantity-{kind.id}": "9999", "access_code": "FRIENDS & CO"}

        refused = browser_of(make_user()).post(path, form)
        signing_in = client.post(path, form)

        assert refused["Location"] == event
        assert parse_qs(urlsplit(signing_in["Location"]).query)["next"] == [event]

    @pytest.mark.parametrize(
        ("language", "seconds", "words"),
        [
            ("en", 600, "kept for you for 10 minutes"),
            ("en", 60, "kept for you for 1 minute while"),
            ("ru", 180, "за вами 3 минуты"),
        ],
    )
    def test_says_beforehand_how_long_seats_are_held(
        self, settings: Any, language: str, seconds: int, words: str
    ) -> None:
        settings.BOOKING_HOLD_SECONDS = seconds
        kind = make_ticket_type()

        page = browser_of(make_user(), language).get(f"/events/{kind.event_id}/", follow=True)

        assert words in text_of(page)

    def test_links_back_with_the_access_code(self) -> None:
        kind = make_ticket_type(access_code="FRIENDS")
        form = {f"quantity-{kind.id}": "1", "access_code": "FRIENDS"}

        shown = browser_of(make_user()).post(f"/events/{kind.event_id}/quote/", form)
        waiting = browser_of(make_user()).get(f"/events/{kind.event_id}/waitlist/?access_code=FRIENDS")

        for page in (shown, waiting):
            assert f'href="/events/{kind.event_id}/?access_code=FRIENDS"' in page.content.decode()

    def test_asks_to_sign_in_first(self, client: Client) -> None:
        answer = client.post(f"/events/{make_event().id}/book/", {})

        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")

    def test_comes_back_to_the_event_after_signing_in(self) -> None:
        event = make_event()

        assert browser_of(make_user()).get(f"/events/{event.id}/book/")["Location"] == f"/events/{event.id}/"

    def test_knows_no_event_that_is_not_there(self) -> None:
        answer = browser_of(make_user()).post(f"/events/{uuid.uuid4()}/book/", {f"quantity-{uuid.uuid4()}": "1"})

        assert answer.status_code == 404


class TestBooking:
    def test_shows_a_hold_with_its_time_and_its_price(self) -> None:
        booking = hold(ticket_type=make_ticket_type(price=Decimal("1500.00")), seats=2)

        answer = browser_of(booking.user).get(f"/bookings/{booking.id}/")

        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert 'data-seconds-left="' in answer.content.decode()
        assert "Pay 3,000 ₽" in text_of(answer)

    def test_names_the_zone_of_the_hour_until_which_to_pay(self) -> None:
        booking = hold(user=make_user(time_zone="Asia/Kolkata"))
        until = booking.hold_expires_at.astimezone(ZoneInfo("Asia/Kolkata"))

        page = text_of(browser_of(booking.user).get(f"/bookings/{booking.id}/"))

        assert f"Pay before {until:%H:%M} (UTC+5:30)" in page

    def test_waits_for_the_payment_service_with_and_without_javascript(self) -> None:
        booking = hold()
        make_payment(booking=booking)

        page = browser_of(booking.user).get(f"/bookings/{booking.id}/").content.decode()

        assert f'data-awaiting="/api/v1/bookings/{booking.id}/"' in page
        assert f'<noscript><a href="/bookings/{booking.id}/">' in page

    def test_says_that_a_payment_has_failed(self) -> None:
        booking = hold()
        settle(make_payment(booking=booking), "failed")

        assert "The payment did not go through" in text_of(browser_of(booking.user).get(f"/bookings/{booking.id}/"))

    def test_shows_one_qr_code_per_seat_and_the_address_once_paid(self) -> None:
        booking = confirm(seats=3)

        answer = browser_of(booking.user).get(f"/bookings/{booking.id}/")

        assert answer.content.decode().count('src="data:image/svg+xml') == 3
        assert booking.event.address in text_of(answer)
        assert all(ticket.code in text_of(answer) for ticket in tickets_of(booking))

    def test_keeps_address_and_link_to_itself_once_the_booking_is_cancelled(self) -> None:
        booking = confirm(ticket_type=make_ticket_type(event=make_event(online_url="https://meet.example/river")))
        client = browser_of(booking.user)
        before = text_of(client.get(f"/bookings/{booking.id}/"))
        client.post(f"/bookings/{booking.id}/cancel/")

        after = text_of(client.get(f"/bookings/{booking.id}/"))

        for closed in (booking.event.address, booking.event.online_url):
            assert closed in before
            assert closed not in after

    def test_keeps_the_address_to_itself_before(self) -> None:
        booking = hold()

        assert booking.event.address not in text_of(browser_of(booking.user).get(f"/bookings/{booking.id}/"))

    def test_says_that_the_hold_is_over(self) -> None:
        booking = hold(now=timezone.now() - HOLD)

        assert "The seats are free again" in text_of(browser_of(booking.user).get(f"/bookings/{booking.id}/"))

    @pytest.mark.parametrize("path", ["", "cancel/"])
    def test_hides_somebody_elses(self, path: str) -> None:
        assert browser_of(make_user()).get(f"/bookings/{confirm().id}/{path}").status_code == 404

    def test_speaks_russian_by_the_clock_of_the_place(self) -> None:
        event = make_event(starts_at=timezone.now().replace(month=12, day=31, hour=20) + timedelta(days=366))
        event.__class__.objects.filter(id=event.id).update(time_zone="Asia/Kamchatka")
        booking = confirm(ticket_type=make_ticket_type(event=event))

        words = text_of(browser_of(booking.user, "ru").get(f"/bookings/{booking.id}/"))

        assert "Ваши билеты" in words
        assert "января" in words
        assert "1 000 ₽" in words


class TestBookings:
    def test_parts_what_comes_from_what_was(self) -> None:
        user = make_user()
        confirm(user=user, ticket_type=make_ticket_type(event=make_event(title="Tomorrow")))
        hold(user=user, ticket_type=make_ticket_type(event=make_event(title="Lost")), now=timezone.now() - HOLD)
        lost = Booking.objects.get(event__title="Lost")
        browser_of(user).get(f"/bookings/{lost.id}/")

        words = text_of(browser_of(user).get("/bookings/"))

        assert re.search(r"Upcoming.*Tomorrow.*Past and cancelled.*Lost", words)

    def test_says_when_there_is_nothing(self) -> None:
        assert "No bookings yet" in text_of(browser_of(make_user()).get("/bookings/"))

    @pytest.mark.parametrize("count", [1, 5])
    def test_asks_the_database_as_often_for_many_as_for_one(self, count: int, django_assert_num_queries: Any) -> None:
        user = make_user()
        for _ in range(count):
            confirm(user=user)
        client = browser_of(user)

        # Session, user, bookings, items.
        with django_assert_num_queries(4):
            client.get("/bookings/")


class TestPayAndCancel:
    def test_goes_to_the_payment_page_and_back_to_the_tickets(self) -> None:
        booking = hold()
        client = browser_of(booking.user)

        to_pay = client.post(f"/bookings/{booking.id}/pay/")
        payment = SandboxPayment.objects.get()
        shown = client.get(f"/sandbox/pay/{payment.id}/")
        back = client.post(f"/sandbox/pay/{payment.id}/", {"ending": "succeed"})

        assert to_pay["Location"].endswith(f"/sandbox/pay/{payment.id}/")
        assert "no money moves" in text_of(shown)
        assert back["Location"].endswith(f"/bookings/{booking.id}/")
        payment.refresh_from_db()
        assert payment.status == "succeeded"

    def test_pressed_twice_pays_once(self) -> None:
        booking = hold()
        client = browser_of(booking.user)

        pages = {client.post(f"/bookings/{booking.id}/pay/")["Location"] for _ in range(2)}

        assert len(pages) == Payment.objects.count() == 1

    def test_says_that_there_is_nothing_to_pay(self) -> None:
        booking = confirm()

        answer = browser_of(booking.user).post(f"/bookings/{booking.id}/pay/")

        assert (answer["Location"], len(said(answer))) == (f"/bookings/{booking.id}/", 1)

    def test_shows_what_comes_back_before_it_cancels(self) -> None:
        event = make_event(refund_policy={"bands": [{"hours_before": 24, "percent": 70}]})
        booking = confirm(ticket_type=make_ticket_type(event=event))
        client = browser_of(booking.user)

        asked = client.get(f"/bookings/{booking.id}/cancel/")
        done = client.post(f"/bookings/{booking.id}/cancel/")

        assert "Comes back: 700 ₽" in text_of(asked)
        assert said(done) == ["Your booking is cancelled."]
        page = text_of(client.get(f"/bookings/{booking.id}/"))
        assert "This booking is cancelled" in page
        assert "700 ₽" in page

    def test_tells_the_fee_and_only_what_is_still_to_come_of_the_curve(self) -> None:
        soon = timezone.now() + timedelta(days=5)
        bands = [{"hours_before": 240, "percent": 100}, {"hours_before": 72, "percent": 50}]
        event = make_event(starts_at=soon, refund_policy={"bands": bands, "fee": "100"})
        booking = confirm(ticket_type=make_ticket_type(event=event))

        words = text_of(browser_of(booking.user).get(f"/bookings/{booking.id}/cancel/"))

        assert "Comes back: 400 ₽ of 1,000 ₽ A fee of 100 ₽ is kept, whenever you cancel." in words
        assert "100 %" not in words
        assert re.search(r"50 % 400 ₽ later nothing", words)

    def test_has_no_sandbox_where_it_is_not_in_use(self, settings: Any) -> None:
        booking = hold()
        client = browser_of(booking.user)
        client.post(f"/bookings/{booking.id}/pay/")
        settings.PAYMENT_PROVIDERS = []

        assert client.get(f"/sandbox/pay/{SandboxPayment.objects.get().id}/").status_code == 404


class TestWords:
    @pytest.mark.parametrize(
        ("language", "amount", "text"),
        [
            ("ru", "1500.00", "1 500 ₽"),
            ("ru", "1500.50", "1 500,50 ₽"),
            ("en", "1500.50", "1,500.50 ₽"),
            ("en", "0.00", "0 ₽"),
        ],
    )
    def test_writes_money_as_the_reader_does(self, language: str, amount: str, text: str) -> None:
        with translation.override(language):
            assert money_text(Money(Decimal(amount), "RUB")).replace("\xa0", " ") == text

    def test_writes_a_moment_by_the_place(self) -> None:
        moment = timezone.datetime.fromisoformat("2030-06-01T20:30:00+00:00")

        with translation.override("ru"):
            assert moment_text(moment, "Asia/Kamchatka") == "2 июня 2030, воскресенье, 08:30"
