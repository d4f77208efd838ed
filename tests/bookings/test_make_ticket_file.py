"""Tickets on paper and in calendars, read back by other libraries than those that wrote them."""

from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
import vobject
import zxingcpp
from django.utils import timezone
from PIL import Image, ImageChops

from bookings.models import Booking, Ticket, TicketFile
from bookings.services.cancel_booking import cancel_booking
from bookings.services.make_ticket_file import NoTickets, make_ticket_file, open_ticket_file
from bookings.services.rename_holder import rename_holder
from common.problems import NotFound
from common.transactions import use_case
from events.models import Event
from tests.bookings.api.test_bookings import signed_in
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, hold, tickets_of

pytestmark = pytest.mark.django_db


def make(booking: Booking, language: str = "ru") -> bytes:
    assert make_ticket_file(booking_id=booking.id, language=language, now=timezone.now())
    return bytes(TicketFile.objects.get(booking=booking, language=language).content)


def pages_of(content: bytes) -> list[tuple[str, Image.Image]]:
    document = pypdfium2.PdfDocument(content)
    return [(page.get_textpage().get_text_bounded(), page.render(scale=2).to_pil()) for page in document]


def rename(booking: Booking, ticket: Ticket, name: str) -> None:
    with use_case():
        rename_holder(
            user_id=booking.user_id, booking_id=booking.id, ticket_id=ticket.id, name=name, now=timezone.now()
        )


def opened(booking: Booking, user_id: Any = None) -> TicketFile | None:
    with use_case():
        return open_ticket_file(user_id=user_id or booking.user_id, booking_id=booking.id, language="ru")


class TestPdf:
    def test_has_a_page_per_ticket_that_a_scanner_reads(self) -> None:
        booking = confirm(seats=2)

        pages = pages_of(make(booking))

        read = [[one.text for one in zxingcpp.read_barcodes(picture)] for _, picture in pages]
        assert read == [[one.door_code] for one in tickets_of(booking)]

    def test_says_in_cyrillic_what_when_where_and_for_whom(self) -> None:
        booking = confirm()
        Event.objects.filter(id=booking.event_id).update(title="Сплав по Катуни: щётка, ёж, Ъ", city="Чемал")
        rename(booking, tickets_of(booking)[0], "Вера Щукина")

        [(text, picture)] = pages_of(make(booking))

        for words in ("Сплав по Катуни: щётка, ёж, Ъ", "Чемал", "Вера Щукина", "Один код"):
            assert words in " ".join(text.split())
        assert ImageChops.invert(picture.convert("L")).getbbox() != (0, 0, *picture.size)

    def test_speaks_english_too(self) -> None:
        [(text, _)] = pages_of(make(confirm(), "en"))

        assert "One code lets one person in." in text

    def test_keeps_long_texts_apart_from_the_code(self) -> None:
        booking = confirm()
        Event.objects.filter(id=booking.event_id).update(title="Очень длинное название " * 6, venue="Причал " * 20)
        rename(booking, tickets_of(booking)[0], "Ы" * 120)

        [(_, picture)] = pages_of(make(booking))

        assert [one.text for one in zxingcpp.read_barcodes(picture)] == [tickets_of(booking)[0].door_code]

    def test_survives_letters_that_the_font_does_not_have(self) -> None:
        booking = confirm()
        rename(booking, tickets_of(booking)[0], "王 🎉 \u202e")

        assert pages_of(make(booking))


class TestTicketFile:
    def test_is_made_once_and_again_when_a_name_changes(self) -> None:
        booking = confirm()
        assert opened(booking) is None

        make(booking)
        first = opened(booking)
        rename(booking, tickets_of(booking)[0], "Вера")
        after_the_change = opened(booking)
        make(booking)

        assert first is not None
        assert after_the_change is None
        assert opened(booking) is not None
        assert TicketFile.objects.count() == 1

    def test_is_for_the_owner_of_valid_tickets(self) -> None:
        booking = confirm()

        with pytest.raises(NotFound):
            opened(booking, make_user().id)
        with pytest.raises(NoTickets):
            opened(hold())
        assert not make_ticket_file(booking_id=hold().id, language="ru", now=timezone.now())


class TestApi:
    def test_gives_the_file_when_it_is_made(self) -> None:
        booking = confirm()
        owner = signed_in(booking.user)
        path = f"/api/v1/bookings/{booking.id}/tickets.pdf"

        early = owner.get(path, headers={"Accept-Language": "ru"})
        make(booking)
        there = owner.get(path, headers={"Accept-Language": "ru"})

        assert (early.status_code, early["Retry-After"]) == (202, "1")
        assert (there.status_code, there["Content-Type"], there.content[:5]) == (200, "application/pdf", b"%PDF-")
        assert "no-store" in there["Cache-Control"]

    def test_renames_a_holder(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)

        answer = signed_in(booking.user).patch(
            f"/api/v1/bookings/{booking.id}/tickets/{ticket.id}/", {"holder_name": "Вера"}
        )

        assert (answer.status_code, answer.json()["holder_name"]) == (200, "Вера")

    def test_gives_a_calendar_that_another_library_reads(self) -> None:
        booking = confirm()

        answer = signed_in(booking.user).get(f"/api/v1/bookings/{booking.id}.ics")

        entry = vobject.readOne(answer.content.decode()).vevent
        assert entry.summary.value == booking.event.title
        local = booking.event.starts_at.astimezone(ZoneInfo(booking.event.time_zone))
        assert entry.dtstart.value.replace(tzinfo=None) == local.replace(tzinfo=None, microsecond=0)
        assert entry.dtstart.params["X-VOBJ-ORIGINAL-TZID"] == [booking.event.time_zone]
        assert booking.event.address in entry.location.value

    def test_tells_calendars_how_the_booking_stands(self) -> None:
        held, booked, given_up = hold(), confirm(), confirm()
        with use_case():
            cancel_booking(user_id=given_up.user_id, booking_id=given_up.id, now=timezone.now())

        told = [
            vobject.readOne(signed_in(one.user).get(f"/api/v1/bookings/{one.id}.ics").content.decode()).vevent
            for one in (held, booked, given_up)
        ]

        assert [one.status.value for one in told] == ["TENTATIVE", "CONFIRMED", "CANCELLED"]

    @pytest.mark.parametrize("path", ["/tickets.pdf", ".ics"])
    def test_is_closed_to_others(self, path: str) -> None:
        answer = signed_in(make_user()).get(f"/api/v1/bookings/{confirm().id}{path}")

        assert answer.status_code == 404
