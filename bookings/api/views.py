"""REST doors of bookings: parse, one call, serialise."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from bookings.api import examples
from bookings.api.bookings_by_hand import booking_as_json
from bookings.api.serializers import (
    BookingSerializer,
    EventBookingSerializer,
    PaymentSerializer,
    QuoteSerializer,
    RefundQuoteSerializer,
    WantedBookingSerializer,
    answers_in,
    quantities_in,
    wish_in,
)
from bookings.providers.port import Incoming, UntrustedWebhook
from bookings.providers.registry import provider_for_organizer, provider_of_webhook
from bookings.selectors import (
    get_booking_of_user,
    get_organizer_id_of_booking,
    list_bookings_of_event,
    list_bookings_of_user,
    list_no_bookings,
)
from bookings.services.cancel_booking import cancel_booking
from bookings.services.expire_holds import open_booking
from bookings.services.hold_seats import hold_seats
from bookings.services.quote_refund import quote_refund
from bookings.services.quote_seats import quote_seats
from bookings.services.receive_provider_webhook import receive_provider_webhook
from bookings.services.start_payment import start_payment
from common.api.idempotency import idempotent, idempotent_in_steps
from common.api.representations import validated
from common.api.versions import expected_version, with_etag
from common.callers import caller_id
from common.transactions import use_case

WANTED = OpenApiExample("Two seats", value=examples.WANTED, request_only=True)


class BookingsView(APIView):
    @extend_schema(
        summary="Hold seats of an event",
        request=WantedBookingSerializer,
        responses={201: BookingSerializer},
        examples=[WANTED],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wanted = validated(WantedBookingSerializer, request.data)
        booking = hold_seats(
            user_id=caller_id(request),
            event_id=wanted["event"],
            quantities=quantities_in(wanted),
            wish=wish_in(wanted),
            answers=answers_in(wanted),
            hold_for=timedelta(seconds=settings.BOOKING_HOLD_SECONDS),
            now=timezone.now(),
        )
        return with_etag(Response(booking_as_json(booking), status=201), booking.version)


class QuoteView(APIView):
    @extend_schema(
        summary="Price of seats, without taking them",
        request=WantedBookingSerializer,
        responses={200: QuoteSerializer},
        examples=[WANTED],
    )
    def post(self, request: Request) -> Response:
        wanted = WantedBookingSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        quote = quote_seats(
            user_id=caller_id(request),
            event_id=wanted.validated_data["event"],
            quantities=wanted.quantities,
            wish=wanted.wish,
            answers=wanted.given_answers,
            now=timezone.now(),
        )
        return Response(QuoteSerializer(quote).data)


class BookingView(APIView):
    @extend_schema(summary="One of my bookings", responses={200: BookingSerializer})
    def get(self, request: Request, booking_id: UUID) -> Response:
        with use_case():
            booking = open_booking(
                booking=get_booking_of_user(user_id=caller_id(request), booking_id=booking_id), now=timezone.now()
            )
        return with_etag(Response(booking_as_json(booking)), booking.version)


class PayView(APIView):
    @extend_schema(
        summary="Start to pay for a held booking",
        description="Answers with the address where the person pays; the booking is confirmed when the provider says so.",
        request=None,
        responses={200: PaymentSerializer},
    )
    @idempotent_in_steps
    def post(self, request: Request, booking_id: UUID) -> Response:
        payment = start_payment(
            user_id=caller_id(request),
            booking_id=booking_id,
            provider=provider_for_organizer(
                get_organizer_id_of_booking(user_id=caller_id(request), booking_id=booking_id)
            ),
            return_url=f"{settings.PUBLIC_URL}{reverse('bookings:booking', kwargs={'booking_id': booking_id})}",
            now=timezone.now(),
        )
        return Response(PaymentSerializer(payment).data)


class CancelView(APIView):
    @extend_schema(
        summary="Cancel one of my bookings",
        description="What comes back is exactly what the refund quote of the same moment says.",
        request=None,
        responses={200: BookingSerializer},
    )
    @idempotent
    def post(self, request: Request, booking_id: UUID) -> Response:
        booking = cancel_booking(
            user_id=caller_id(request), booking_id=booking_id, version=expected_version(request), now=timezone.now()
        )
        return with_etag(Response(booking_as_json(booking)), booking.version)


class RefundQuoteView(APIView):
    @extend_schema(summary="What a cancellation would give back now", responses={200: RefundQuoteSerializer})
    def get(self, request: Request, booking_id: UUID) -> Response:
        booking = get_booking_of_user(user_id=caller_id(request), booking_id=booking_id)
        return Response(RefundQuoteSerializer(quote_refund(booking=booking, now=timezone.now())).data)


@extend_schema(summary="My bookings, newest first")
class MyBookingsView(generics.ListAPIView):
    serializer_class = BookingSerializer

    def get_queryset(self) -> Any:
        return list_bookings_of_user(user_id=caller_id(self.request))


@extend_schema(summary="Bookings of an event that I manage, newest first")
class EventBookingsView(generics.ListAPIView):
    serializer_class = EventBookingSerializer
    # For the API document only.
    queryset = list_no_bookings()

    def get_queryset(self) -> Any:
        return list_bookings_of_event(manager_id=caller_id(self.request), event_id=self.kwargs["event_id"])


class ProviderWebhookView(APIView):
    further_problems = {"post": (UntrustedWebhook,)}
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[Any] = []

    @extend_schema(
        summary="Webhook of a payment provider",
        description="Signed as its provider signs. Stored before anything is done with it; may come many times.",
        request={"application/json": {"type": "object"}},
        responses={200: None},
        examples=[OpenApiExample("From the sandbox", value=examples.SANDBOX_NOTICE, request_only=True)],
    )
    def post(self, request: Request, provider: str) -> Response:
        with use_case():
            receive_provider_webhook(
                provider=provider_of_webhook(provider, None), incoming=_incoming(request), now=timezone.now()
            )
        return Response(status=200)


class AccountWebhookView(APIView):
    further_problems = {"post": (UntrustedWebhook,)}
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[Any] = []

    @extend_schema(
        operation_id="payments_webhooks_account_create",
        summary="Webhook about an organizer's own account at a provider",
        request={"application/json": {"type": "object"}},
        responses={200: None},
        examples=[OpenApiExample("From the sandbox", value=examples.SANDBOX_NOTICE, request_only=True)],
    )
    def post(self, request: Request, provider: str, account_id: UUID) -> Response:
        with use_case():
            receive_provider_webhook(
                provider=provider_of_webhook(provider, account_id), incoming=_incoming(request), now=timezone.now()
            )
        return Response(status=200)


def _incoming(request: Request) -> Incoming:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Incoming(body=request.body, headers=headers, address=BaseThrottle().get_ident(request) or "")
