"""The organizer's pages: who has booked, and the door with its camera."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views import View

from bookings.documents.wording import moment_text, money_text
from bookings.selectors import count_at_door, get_event_at_door, list_bookings_of_event
from bookings.services.make_ticket_file import open_ticket_file
from common.callers import caller_id
from common.downloads import as_download
from common.transactions import use_case

PER_PAGE = 50
DOOR_WORKER = settings.BASE_DIR / "static" / "js" / "bookings" / "door_worker.js"


class DoorView(LoginRequiredMixin, View):
    """A phone at the entrance: scans by camera, finds by name, says loudly what came of it."""

    def get(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        event = get_event_at_door(staff_id=caller_id(request), event_id=event_id)
        tickets, used = count_at_door(event_id=event_id)
        shown: dict[str, Any] = {
            "event": event,
            "starts": moment_text(event.starts_at, event.time_zone),
            "tickets": tickets,
            "used": used,
        }
        return render(request, "bookings/door.html", shown)


class DoorWorkerView(View):
    """The service worker that keeps the door's page: its address decides that it serves this page only."""

    def get(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        headers = {"Cache-Control": "no-cache"}
        return HttpResponse(DOOR_WORKER.read_bytes(), content_type="text/javascript", headers=headers)


class EventBookingsView(LoginRequiredMixin, View):
    def get(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        bookings = list_bookings_of_event(manager_id=caller_id(request), event_id=event_id)
        event = get_event_at_door(staff_id=caller_id(request), event_id=event_id)
        page = Paginator(bookings, PER_PAGE).get_page(request.GET.get("page"))
        rows = [
            (booking, money_text(booking.total), moment_text(booking.created_at, event.time_zone)) for booking in page
        ]
        return render(request, "bookings/event_bookings.html", {"event": event, "page": page, "rows": rows})


class TicketFileView(LoginRequiredMixin, View):
    """The PDF, or a moment's wait: the browser comes again by itself."""

    def get(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        with use_case():
            file = open_ticket_file(user_id=caller_id(request), booking_id=booking_id, language=get_language() or "")
        if file is None:
            waiting = render(request, "bookings/ticket_file.html", {"booking_id": booking_id}, status=202)
            waiting["Refresh"] = "1"
            waiting["Cache-Control"] = "no-store"
            return waiting
        return as_download(bytes(file.content), "application/pdf", f"tickets-{booking_id}.pdf")
