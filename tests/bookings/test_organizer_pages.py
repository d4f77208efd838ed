from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.services.make_ticket_file import make_ticket_file
from tests.bookings.api.test_bookings import member_of
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, tickets_of
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db


def browser_of(user: Any) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


class TestDoorPage:
    def test_shows_how_many_are_inside_to_those_who_work_there(self) -> None:
        booking = confirm(seats=2)

        page = browser_of(member_of(booking.event, "door")).get(f"/events/{booking.event_id}/door/")

        assert page.status_code == 200
        assert "<strong data-used>0</strong> / <span data-tickets>2</span>" in page.content.decode()
        assert tickets_of(booking)[0].code not in page.content.decode()

    def test_is_closed_to_others(self) -> None:
        booking = confirm()

        assert browser_of(make_user()).get(f"/events/{booking.event_id}/door/").status_code == 404
        assert Client().get(f"/events/{booking.event_id}/door/").status_code == 302


class TestEventBookingsPage:
    def test_lists_who_has_booked(self, django_assert_max_num_queries: Any) -> None:
        kind = make_ticket_type()
        bookings = [confirm(ticket_type=kind) for _ in range(3)]
        client = browser_of(member_of(kind.event, "manager"))

        with django_assert_max_num_queries(12):
            page = client.get(f"/events/{kind.event_id}/bookings/").content.decode()

        assert all(booking.user.email in page for booking in bookings)

    def test_is_closed_to_door_staff_and_others(self) -> None:
        booking = confirm()

        for who in (make_user(), member_of(booking.event, "door")):
            assert browser_of(who).get(f"/events/{booking.event_id}/bookings/").status_code == 404


class TestTicketFilePage:
    def test_waits_for_the_file_and_gives_it(self) -> None:
        booking = confirm()
        client = browser_of(booking.user)

        waiting = client.get(f"/bookings/{booking.id}/tickets.pdf")
        make_ticket_file(booking_id=booking.id, language="en", now=timezone.now())
        there = client.get(f"/bookings/{booking.id}/tickets.pdf")

        assert (waiting.status_code, waiting["Refresh"]) == (202, "1")
        assert (there.status_code, there["Content-Type"]) == (200, "application/pdf")


class TestDoorWorker:
    def test_is_a_script_below_the_doors_own_address(self) -> None:
        booking = confirm()

        page = browser_of(member_of(booking.event, "door")).get(f"/events/{booking.event_id}/door/").content.decode()
        worker = Client().get(f"/events/{booking.event_id}/door/worker.js")

        assert f'data-worker="/events/{booking.event_id}/door/worker.js"' in page
        assert (worker.status_code, worker["Content-Type"], worker["Cache-Control"]) == (
            200,
            "text/javascript",
            "no-cache",
        )
