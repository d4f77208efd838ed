import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.models import AccountMail, User
from bookings.models import Booking, BookingChange, TicketTransfer
from bookings.services.expire_holds import expire_holds
from events.models import Event
from tests.bookings.points import PointsInMemory, purse
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, hold, tickets_of
from tests.factories.events import make_promo_code, make_ticket_type

__all__ = ["purse"]

pytestmark = pytest.mark.django_db


def browser_of(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("\xa0", " "))


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


class TestQuote:
    def test_shows_the_price_with_a_promo_code_and_points_and_books_at_it(self, purse: PointsInMemory) -> None:
        kind, client = make_ticket_type(), browser_of(make_user())
        make_promo_code(event=kind.event, code="TEN")
        form = {f"quantity-{kind.id}": "2", "promo_code": "ten", "use_points": "100"}

        shown = client.post(f"/events/{kind.event_id}/quote/", form)
        client.post(f"/events/{kind.event_id}/book/", form)

        assert re.search(r"Promo code TEN −200 ₽.*Points −100 ₽.*Total 1,700 ₽", text_of(shown))
        assert Booking.objects.get().amount == Decimal(1700)

    @pytest.mark.parametrize("points", ["x", "-5", "NaN", "1e99", ""])
    def test_takes_nonsense_for_no_points(self, points: str) -> None:
        kind = make_ticket_type()

        shown = browser_of(make_user()).post(
            f"/events/{kind.event_id}/quote/", {f"quantity-{kind.id}": "1", "use_points": points}
        )

        assert "Total 1,000 ₽" in text_of(shown)

    @pytest.mark.parametrize("page", ["quote", "book"])
    def test_says_why_a_promo_code_does_not_count_and_keeps_the_choice(self, page: str) -> None:
        kind = make_ticket_type()
        form = {f"quantity-{kind.id}": "2", "promo_code": "NO"}

        answer = browser_of(make_user()).post(f"/events/{kind.event_id}/{page}/", form)

        assert answer.status_code == 200
        assert "There is no such promo code." in text_of(answer)
        assert f'name="quantity-{kind.id}" value="2"' in answer.content.decode()
        assert 'value="NO"' in answer.content.decode()
        assert not Booking.objects.exists()


class TestHolder:
    def test_is_named_on_the_booking_page(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)
        client = browser_of(booking.user)

        form = client.get(f"/bookings/{booking.id}/").content.decode()
        done = client.post(f"/bookings/{booking.id}/holder/{ticket.id}/", {"holder_name": "  Вера\0 <b>П.</b> "})
        page = client.get(f"/bookings/{booking.id}/").content.decode()

        assert f'action="/bookings/{booking.id}/holder/{ticket.id}/"' in form
        assert (done.status_code, tickets_of(booking)[0].holder_name) == (302, "Вера <b>П.</b>")
        assert "Вера &lt;b&gt;П.&lt;/b&gt;" in page

    def test_of_somebody_elses_ticket_is_not_found(self) -> None:
        booking = confirm()
        path = f"/bookings/{booking.id}/holder/{tickets_of(booking)[0].id}/"

        assert browser_of(make_user()).post(path, {"holder_name": "Me"}).status_code == 404

    def test_is_fixed_once_the_event_has_started(self) -> None:
        booking = confirm()
        Event.objects.update(starts_at=timezone.now())
        client = browser_of(booking.user)

        form = client.get(f"/bookings/{booking.id}/").content.decode()
        refused = client.post(f"/bookings/{booking.id}/holder/{tickets_of(booking)[0].id}/", {"holder_name": "Me"})

        assert "/holder/" not in form
        assert said(refused) == ["The event has started: names on tickets can't be changed any more."]


class TestChange:
    def test_shows_what_other_seats_cost_and_then_changes(self) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind)
        client, path = browser_of(booking.user), f"/bookings/{booking.id}/change/"

        offered = client.get(path)
        shown = client.post(path, {f"quantity-{kind.id}": "3"})
        done = client.post(path, {f"quantity-{kind.id}": "3", "agreed": "yes"})
        after = client.get(f"/bookings/{booking.id}/")

        assert f'name="quantity-{kind.id}"' in offered.content.decode()
        assert "To pay 2,000 ₽" in text_of(shown)
        assert (done.status_code, BookingChange.objects.get().amount) == (302, Decimal(2000))
        assert "Pay 2,000 ₽" in text_of(after)


class TestTransfer:
    def test_offers_a_ticket_and_takes_it_back(self) -> None:
        booking = confirm()
        client = browser_of(booking.user)
        path = f"/bookings/{booking.id}/transfer/{tickets_of(booking)[0].id}/"

        sent = client.post(path, {"email": "boris@example.com"})
        shown = client.get(path)
        client.post(path, {"withdrawn": "yes"})

        assert said(sent) == ["The link is on its way. It is good for 48 hours."]
        assert "Offered to boris@example.com" in text_of(shown)
        assert TicketTransfer.objects.get().status == "ended"

    @pytest.mark.parametrize("email", ["", "nobody", "a@b@c"])
    def test_refuses_what_is_no_address(self, email: str) -> None:
        booking = confirm()

        answer = browser_of(booking.user).post(
            f"/bookings/{booking.id}/transfer/{tickets_of(booking)[0].id}/", {"email": email}
        )

        assert (answer.status_code, len(said(answer))) == (302, 1)
        assert not TicketTransfer.objects.exists()

    def test_lets_somebody_without_an_account_accept_and_signs_them_in(self) -> None:
        booking = confirm(seats=2)
        browser_of(booking.user).post(
            f"/bookings/{booking.id}/transfer/{tickets_of(booking)[0].id}/", {"email": "new@example.com"}
        )
        [path] = re.findall(r"(/tickets/claim/[^/]+/)", AccountMail.objects.get().text)
        newcomer = Client(headers={"accept-language": "en"})

        shown = newcomer.get(path)
        accepted = newcomer.post(path)

        received = Booking.objects.get(user__email="new@example.com")
        assert (shown.status_code, shown["Referrer-Policy"]) == (200, "no-referrer")
        assert accepted["Location"] == f"/bookings/{received.id}/"
        assert "Your tickets" in text_of(newcomer.get(accepted["Location"]))

    def test_sends_the_owner_of_an_account_to_sign_in_first(self) -> None:
        booking = confirm()
        make_user(email="boris@example.com")
        browser_of(booking.user).post(
            f"/bookings/{booking.id}/transfer/{tickets_of(booking)[0].id}/", {"email": "boris@example.com"}
        )
        [path] = re.findall(r"(/tickets/claim/[^/]+/)", AccountMail.objects.get().text)

        assert Client().post(path)["Location"] == f"/accounts/login/?next={path}"


class TestWaitlist:
    def test_joins_shows_the_place_and_leaves(self) -> None:
        kind, user = make_ticket_type(capacity=1), make_user()
        hold(ticket_type=kind)
        client, path = browser_of(user, "ru"), f"/events/{kind.event_id}/waitlist/"

        offered = client.get(path)
        client.post(path, {f"quantity-{kind.id}": "1"})
        waiting = client.get(path)
        left = client.post(path, {"leave": "yes"})

        assert "Ждать места" in text_of(offered)
        assert "Вы ждёте 1 место. Ваше место: 1" in text_of(waiting)
        assert said(left) == ["Вы больше не ждёте."]

    def test_leads_to_the_offered_seats(self) -> None:
        kind, user = make_ticket_type(capacity=1), make_user()
        booking = hold(ticket_type=kind)
        client, path = browser_of(user), f"/events/{kind.event_id}/waitlist/"
        client.post(path, {f"quantity-{kind.id}": "1"})

        browser_of(booking.user).post(f"/bookings/{booking.id}/cancel/")

        offered = Booking.objects.get(user=user)
        assert f'href="/bookings/{offered.id}/"' in client.get(path).content.decode()
        assert "Seats were freed for you" in text_of(client.get(f"/bookings/{offered.id}/"))

    def test_says_that_an_offer_ran_out_until_the_person_waits_again(self) -> None:
        kind, user = make_ticket_type(capacity=1), make_user()
        booking = hold(ticket_type=kind)
        client, path = browser_of(user), f"/events/{kind.event_id}/waitlist/"
        client.post(path, {f"quantity-{kind.id}": "1"})
        browser_of(booking.user).post(f"/bookings/{booking.id}/cancel/")
        expire_holds(now=timezone.now() + timedelta(hours=1))

        lapsed = client.get(path)
        hold(ticket_type=kind)
        client.post(path, {f"quantity-{kind.id}": "1"})
        waiting = client.get(path)

        told = "A seat was held for you, but the 30 minutes ran out"
        assert told in text_of(lapsed)
        assert "Wait for seats" in text_of(lapsed)
        assert told not in text_of(waiting)
        assert "You wait for 1 seat." in text_of(waiting)


def test_a_cancelled_booking_leads_to_its_event_once() -> None:
    booking = hold()
    client = browser_of(booking.user)
    client.post(f"/bookings/{booking.id}/cancel/")

    assert text_of(client.get(f"/bookings/{booking.id}/")).count("To the event") == 1


class TestHostileForms:
    @pytest.mark.parametrize("page", ["quote", "book", "waitlist"])
    @pytest.mark.parametrize(
        "field", [{f"quantity-{'-' * 36}": "1"}, {"promo_code": "TEN\0"}, {"access_code": "\0"}, {"use_points": "\0"}]
    )
    def test_are_answered_with_a_sentence(self, page: str, field: dict[str, str]) -> None:
        kind = make_ticket_type()

        answer = browser_of(make_user()).post(f"/events/{kind.event_id}/{page}/", {f"quantity-{kind.id}": "1"} | field)

        assert answer.status_code in (200, 302)

    @pytest.mark.parametrize("email", ["", "boris", "boris\0@example.com", f"{'b' * 250}@example.com"])
    def test_send_no_ticket_to_what_is_no_address(self, email: str) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)

        answer = browser_of(booking.user).post(f"/bookings/{booking.id}/transfer/{ticket.id}/", {"email": email})

        assert (answer.status_code, len(said(answer))) == (302, 1)
        assert not TicketTransfer.objects.exists()
