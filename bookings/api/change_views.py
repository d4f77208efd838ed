"""Change a booking, hand its tickets over, wait for seats."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings.api import examples
from bookings.api.change_serializers import (
    AnsweredSerializer,
    AskedSerializer,
    ChangedBookingSerializer,
    ChangeQuoteSerializer,
    ClaimSerializer,
    OfferTicketSerializer,
    TransferSerializer,
    WaitingSerializer,
    WantedChangeSerializer,
    WantedPlaceSerializer,
)
from bookings.api.serializers import BookingSerializer
from bookings.selectors import get_asked, get_booking_of_user, get_last_waiting_entry
from bookings.services.accept_offer import accept_offer
from bookings.services.answer_questions import answer_questions
from bookings.services.change_booking import change_booking, check_changeable
from bookings.services.claim_ticket import claim_ticket
from bookings.services.join_waiting_list import join_waiting_list
from bookings.services.leave_waiting_list import leave_waiting_list
from bookings.services.offer_ticket import offer_ticket
from bookings.services.quote_change import quote_change
from bookings.services.withdraw_offer import withdraw_offer
from common.api.idempotency import idempotent
from common.api.versions import expected_version, with_etag
from common.callers import caller_id
from common.transactions import use_case

SEATS = OpenApiExample("Three seats", value={"items": examples.WANTED["items"]}, request_only=True)
OFFER = OpenApiExample(
    "To a friend",
    value={"ticket": "01976e42-90ab-7e61-b7d3-0242ac120002", "email": "boris@example.com"},
    request_only=True,
)
ANSWERED = OpenApiExample(
    "How tall you are",
    value={
        "answers": [
            {
                "question": "01976e44-7c1d-7e61-b7d3-0242ac120002",
                "ticket_type": examples.TICKET_TYPE_ID,
                "seat": 1,
                "value": "176",
            }
        ]
    },
    request_only=True,
)
TOKEN = OpenApiExample("From the mail", value={"token": "q8Yx2c…"}, request_only=True)


class ChangeView(APIView):
    @extend_schema(
        summary="Change the seats of one of my bookings",
        description="What costs no more is done at once. What costs more holds the seats that come on top: pay as for "
        "a new booking; until then, and should you not pay, the booking stays as it was.",
        request=WantedChangeSerializer,
        responses={200: ChangedBookingSerializer},
        examples=[SEATS],
    )
    @idempotent
    def post(self, request: Request, booking_id: UUID) -> Response:
        wanted = WantedChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        booking = change_booking(
            user_id=caller_id(request),
            booking_id=booking_id,
            quantities=wanted.quantities,
            access_code=wanted.validated_data["access_code"],
            answers=wanted.given_answers,
            hold_for=timedelta(seconds=settings.BOOKING_HOLD_SECONDS),
            version=expected_version(request),
            now=timezone.now(),
        )
        return with_etag(Response(ChangedBookingSerializer(booking).data), booking.version)


class ChangeQuoteView(APIView):
    @extend_schema(
        summary="Price of other seats for one of my bookings, without changing it",
        description="Refused where the change itself would be.",
        request=WantedChangeSerializer,
        responses={200: ChangeQuoteSerializer},
        examples=[SEATS],
    )
    def post(self, request: Request, booking_id: UUID) -> Response:
        wanted = WantedChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        now = timezone.now()
        booking = get_booking_of_user(user_id=caller_id(request), booking_id=booking_id)
        check_changeable(booking=booking, version=None, now=now)
        quote = quote_change(
            booking=booking,
            quantities=wanted.quantities,
            access_code=wanted.validated_data["access_code"],
            now=now,
        )
        return Response(ChangeQuoteSerializer(quote).data)


class AnswersView(APIView):
    @extend_schema(summary="What is asked for my seats, and what I have answered", responses={200: AskedSerializer})
    def get(self, request: Request, booking_id: UUID) -> Response:
        return Response(AskedSerializer(get_asked(user_id=caller_id(request), booking_id=booking_id)).data)

    @extend_schema(
        summary="Answer what is asked for my seats",
        description="Until the event starts. What was answered before counts on, unless it is answered anew; "
        "afterwards nothing required may be missing.",
        request=AnsweredSerializer,
        responses={200: AskedSerializer},
        examples=[ANSWERED],
    )
    def put(self, request: Request, booking_id: UUID) -> Response:
        answered = AnsweredSerializer(data=request.data)
        answered.is_valid(raise_exception=True)
        with use_case():
            answer_questions(
                user_id=caller_id(request),
                booking_id=booking_id,
                answers=answered.given_answers,
                now=timezone.now(),
            )
        return Response(AskedSerializer(get_asked(user_id=caller_id(request), booking_id=booking_id)).data)


class ConfirmView(APIView):
    @extend_schema(summary="Accept offered seats that cost nothing", request=None, responses={200: BookingSerializer})
    @idempotent
    def post(self, request: Request, booking_id: UUID) -> Response:
        booking = accept_offer(user_id=caller_id(request), booking_id=booking_id, now=timezone.now())
        return with_etag(Response(BookingSerializer(booking).data), booking.version)


class TransferView(APIView):
    @extend_schema(
        summary="Hand a ticket over by e-mail",
        description="The mail has a link that is good for 48 hours. Until it is used the ticket stays yours. Whoever has "
        "the link may accept the ticket, from any account: it is mailed to that address and shown nowhere else.",
        request=OfferTicketSerializer,
        responses={201: TransferSerializer},
        examples=[OFFER],
    )
    @idempotent
    def post(self, request: Request, booking_id: UUID) -> Response:
        wanted = OfferTicketSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        transfer = offer_ticket(
            user_id=caller_id(request),
            booking_id=booking_id,
            ticket_id=wanted.validated_data["ticket"],
            email=wanted.validated_data["email"],
            now=timezone.now(),
        )
        return Response(TransferSerializer(transfer).data, status=201)


class TransferOfTicketView(APIView):
    @extend_schema(summary="Take an offered ticket back", request=None, responses={204: None})
    def delete(self, request: Request, booking_id: UUID, ticket_id: UUID) -> Response:
        with use_case():
            withdraw_offer(user_id=caller_id(request), booking_id=booking_id, ticket_id=ticket_id, now=timezone.now())
        return Response(status=204)


class ClaimView(APIView):
    @extend_schema(
        summary="Accept a ticket that was handed over",
        request=ClaimSerializer,
        responses={201: BookingSerializer},
        examples=[TOKEN],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wanted = ClaimSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        booking = claim_ticket(user_id=caller_id(request), token=wanted.validated_data["token"], now=timezone.now())
        return with_etag(Response(BookingSerializer(booking).data, status=201), booking.version)


class WaitlistView(APIView):
    @extend_schema(
        summary="My place on an event's waiting list",
        description="After an offer has ended it is told still, as `done`; `booking_status` says how it ended.",
        responses={200: WaitingSerializer},
    )
    def get(self, request: Request, event_id: UUID) -> Response:
        entry = get_last_waiting_entry(user_id=caller_id(request), event_id=event_id)
        return Response(WaitingSerializer(entry).data)

    @extend_schema(
        summary="Wait for seats of a sold-out event",
        description="A party of one to ten. When enough seats are freed they are held for you for 30 minutes.",
        request=WantedPlaceSerializer,
        responses={201: WaitingSerializer},
        examples=[SEATS],
    )
    @idempotent
    def post(self, request: Request, event_id: UUID) -> Response:
        wanted = WantedPlaceSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        entry = join_waiting_list(
            user_id=caller_id(request),
            event_id=event_id,
            quantities=wanted.quantities,
            access_code=wanted.validated_data["access_code"],
            answers=wanted.given_answers,
            now=timezone.now(),
        )
        return Response(WaitingSerializer(entry).data, status=201)

    @extend_schema(summary="Leave an event's waiting list", request=None, responses={204: None})
    def delete(self, request: Request, event_id: UUID) -> Response:
        with use_case():
            leave_waiting_list(user_id=caller_id(request), event_id=event_id, now=timezone.now())
        return Response(status=204)
