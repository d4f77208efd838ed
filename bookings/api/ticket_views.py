"""REST doors of tickets: their list, PDF and calendar file, and the names on them."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings.api.door_serializers import HolderInput
from bookings.api.files import file_answer
from bookings.api.serializers import TicketSerializer
from bookings.models.lifecycle import BookingStatus
from bookings.selectors import get_booking_of_user, list_tickets_of_booking
from bookings.services.make_ticket_file import open_ticket_file
from bookings.services.rename_holder import rename_holder
from common.callers import caller_id
from common.downloads import as_download
from common.transactions import use_case
from events.calendar_files import Entry, calendar_of

MADE_SOON = {"Retry-After": "1", "Cache-Control": "no-store"}
NAME = OpenApiExample("Another name", value={"holder_name": "Вера"}, request_only=True)


class TicketsView(APIView):
    @extend_schema(summary="Tickets of one of my bookings", responses={200: TicketSerializer(many=True)})
    def get(self, request: Request, booking_id: UUID) -> Response:
        tickets = list_tickets_of_booking(user_id=caller_id(request), booking_id=booking_id)
        return Response(TicketSerializer(tickets, many=True).data)


class TicketView(APIView):
    @extend_schema(
        summary="Put another name on a ticket, until the event starts",
        request=HolderInput,
        responses={200: TicketSerializer},
        examples=[NAME],
    )
    def patch(self, request: Request, booking_id: UUID, ticket_id: UUID) -> Response:
        body = HolderInput(data=request.data)
        body.is_valid(raise_exception=True)
        with use_case():
            ticket = rename_holder(
                user_id=caller_id(request),
                booking_id=booking_id,
                ticket_id=ticket_id,
                name=body.validated_data["holder_name"],
                now=timezone.now(),
            )
        return Response(TicketSerializer(ticket).data)


class TicketFileView(APIView):
    @extend_schema(
        operation_id="bookings_tickets_pdf",
        summary="Tickets of one of my bookings as a PDF",
        description="Made by a worker: 202 with Retry-After until it is there.",
        responses={
            (200, "application/pdf"): file_answer("%PDF-1.4 …"),
            202: OpenApiResponse(description="It is being made; ask again."),
        },
    )
    def get(self, request: Request, booking_id: UUID) -> HttpResponse:
        with use_case():
            file = open_ticket_file(
                user_id=caller_id(request), booking_id=booking_id, language=get_language() or settings.LANGUAGE_CODE
            )
        if file is None:
            return Response(status=202, headers=MADE_SOON)
        return as_download(bytes(file.content), "application/pdf", f"tickets-{booking_id}.pdf")


class BookingCalendarView(APIView):
    @extend_schema(
        operation_id="bookings_calendar",
        summary="One of my bookings as a calendar file",
        responses={(200, "text/calendar"): file_answer("BEGIN:VCALENDAR…")},
    )
    def get(self, request: Request, booking_id: UUID) -> HttpResponse:
        booking = get_booking_of_user(user_id=caller_id(request), booking_id=booking_id)
        url = f"{settings.PUBLIC_URL}{reverse('bookings:booking', kwargs={'booking_id': booking_id})}"
        shows_place = booking.confirmed_at is not None and booking.cancelled_at is None
        entry = Entry(
            event=booking.event,
            url=url,
            shows_place=shows_place,
            is_tentative=booking.confirmed_at is None,
            is_cancelled=booking.status in (BookingStatus.CANCELLED, BookingStatus.EXPIRED),
        )
        calendar = calendar_of([entry], now=timezone.now())
        return as_download(calendar, "text/calendar; charset=utf-8", f"booking-{booking_id}.ics")
