"""What bookings look like on the wire."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.api import examples
from bookings.api.bookings_by_hand import next_action_of
from bookings.models import Booking, BookingItem, Payment, Ticket
from bookings.models.lifecycle import BookingStatus
from bookings.services.quote_seats import Wish
from common.api.examples import shown_as
from common.api.known_members import KnownMembersOnly
from events.api.fields import MoneySerializer
from events.api.question_serializers import QuestionSerializer
from events.services.record_answers import LONGEST, GivenAnswer

MAX_SEATS = 100
MOST_TYPES = 20
MAX_ANSWERS = 2000


class WantedItemSerializer(serializers.Serializer):
    ticket_type = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_SEATS)


class WantedItemsSerializer(KnownMembersOnly, serializers.Serializer):
    """Seats by ticket type."""

    items = serializers.ListField(child=WantedItemSerializer(), allow_empty=False, max_length=MOST_TYPES)

    def validate_items(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({item["ticket_type"] for item in items}) != len(items):
            raise serializers.ValidationError(_("A ticket type may stand in the list once."), code="repeated")
        return items

    @property
    def quantities(self) -> dict[UUID, int]:
        """Seats by ticket type."""
        return quantities_in(self.validated_data)


class GivenAnswerSerializer(KnownMembersOnly, serializers.Serializer):
    """One answer for one seat; the first seat of a ticket type is 1. A consent or waiver is answered `yes` or `no`."""

    question = serializers.UUIDField()
    ticket_type = serializers.UUIDField()
    seat = serializers.IntegerField(min_value=1, max_value=32_767, required=False, default=1)
    value = serializers.CharField(max_length=LONGEST, allow_blank=True)


class AnswersSerializer(serializers.Serializer):
    """What the event asks, answered for each seat."""

    answers = serializers.ListField(
        child=GivenAnswerSerializer(),
        max_length=MAX_ANSWERS,
        required=False,
        default=list,
        help_text="What the event asks, for each seat; a quote names the questions.",
    )

    @property
    def given_answers(self) -> list[GivenAnswer]:
        """What was answered."""
        return answers_in(self.validated_data)


class WantedBookingSerializer(AnswersSerializer, WantedItemsSerializer):
    """What is to be booked, and how the person wants to pay less."""

    event = serializers.UUIDField()
    promo_code = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    use_points = serializers.DecimalField(
        max_digits=10, decimal_places=2, min_value=Decimal(0), required=False, default=Decimal(0)
    )
    access_code = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)

    @property
    def wish(self) -> Wish:
        """How the person wants to pay less."""
        return wish_in(self.validated_data)


def quantities_in(told: dict[str, Any]) -> dict[UUID, int]:
    """Return the seats by ticket type of a validated body."""
    return {item["ticket_type"]: item["quantity"] for item in told["items"]}


def answers_in(told: dict[str, Any]) -> list[GivenAnswer]:
    """Return the answers of a validated body."""
    return [
        GivenAnswer(
            question_id=one["question"], ticket_type_id=one["ticket_type"], seat=one["seat"], value=one["value"]
        )
        for one in told["answers"]
    ]


def wish_in(told: dict[str, Any]) -> Wish:
    """Return how a validated body wants to pay less."""
    return Wish(promo_code=told["promo_code"], points=told["use_points"], access_code=told["access_code"])


class BookingItemSerializer(serializers.ModelSerializer):
    price = MoneySerializer()
    total = MoneySerializer()
    discount = serializers.SerializerMethodField()

    class Meta:
        model = BookingItem
        fields = ["ticket_type", "name", "quantity", "price", "total", "discount"]

    @extend_schema_field(MoneySerializer)
    def get_discount(self, item: BookingItem) -> dict[str, str]:
        return (item.total - item.net).as_json()


class BookedEventSerializer(serializers.Serializer):
    """As much of the event as a list of bookings needs."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    status = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    time_zone = serializers.CharField()
    city = serializers.CharField()
    venue = serializers.CharField()


@shown_as(examples.BOOKING)
class BookingSerializer(serializers.ModelSerializer):
    event = BookedEventSerializer()
    items = BookingItemSerializer(many=True)
    status = serializers.ChoiceField(choices=BookingStatus.choices)
    promo_code = serializers.CharField(source="promo_code.code", default="")
    discount = MoneySerializer(source="discount_money")
    points = serializers.DecimalField(max_digits=12, decimal_places=2)
    points_worth = MoneySerializer(source="points_money")
    total = MoneySerializer()
    next_action = serializers.SerializerMethodField()
    cancellable_until = serializers.DateTimeField()

    class Meta:
        model = Booking
        fields = [
            "id",
            "event",
            "status",
            "seats",
            "items",
            "promo_code",
            "discount",
            "points",
            "points_worth",
            "total",
            "hold_expires_at",
            "next_action",
            "cancellable_until",
            "cancelled_by",
            "cancel_reason",
            "created_at",
            "confirmed_at",
            "cancelled_at",
            "version",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=[("pay", "pay"), ("confirm", "confirm"), ("none", "none")]))
    def get_next_action(self, booking: Booking) -> str:
        return next_action_of(booking)


class AttendeeSerializer(serializers.Serializer):
    """Who booked, as the organizer may know it."""

    id = serializers.UUIDField()
    name = serializers.CharField(source="public_name")
    email = serializers.EmailField()


class AnswerLineSerializer(serializers.Serializer):
    """What was answered for one seat, under the words that were asked."""

    question = serializers.CharField()
    ticket_type = serializers.CharField()
    seat = serializers.IntegerField()
    value = serializers.CharField()


@shown_as(examples.EVENT_BOOKING)
class EventBookingSerializer(BookingSerializer):
    user = AttendeeSerializer()
    answers = AnswerLineSerializer(many=True)

    class Meta(BookingSerializer.Meta):
        fields = [*BookingSerializer.Meta.fields, "user", "answers"]


class QuoteLineSerializer(serializers.Serializer):
    ticket_type = serializers.UUIDField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    price = MoneySerializer()
    total = MoneySerializer()
    discount = MoneySerializer()


class PointsQuoteSerializer(serializers.Serializer):
    """How many of the wanted points may be used; `why_fewer` says what limits them."""

    points = serializers.DecimalField(max_digits=12, decimal_places=2)
    worth = MoneySerializer()
    why_fewer = serializers.CharField()


@shown_as(examples.QUOTE)
class QuoteSerializer(serializers.Serializer):
    """What the seats would cost now."""

    items = QuoteLineSerializer(many=True)
    subtotal = MoneySerializer()
    promo_code = serializers.CharField(source="promo.code", default="")
    discount = MoneySerializer()
    points = PointsQuoteSerializer()
    total = MoneySerializer()
    questions = QuestionSerializer(many=True, help_text="What a booking of these seats has to answer.")


class CurvePointSerializer(serializers.Serializer):
    until = serializers.DateTimeField()
    percent = serializers.DecimalField(max_digits=5, decimal_places=2)
    amount = MoneySerializer()


@shown_as(examples.REFUND_QUOTE)
class RefundQuoteSerializer(serializers.Serializer):
    """What a cancellation would give back now, and why."""

    amount = MoneySerializer()
    points = serializers.DecimalField(max_digits=12, decimal_places=2)
    rule = serializers.ChoiceField(choices=["band", "rescheduled", "too_late", "not_paid"])
    percent = serializers.DecimalField(max_digits=5, decimal_places=2)
    hours_before = serializers.IntegerField(allow_null=True, help_text="The band that applies.")
    fee = MoneySerializer()
    curve = CurvePointSerializer(many=True)


@shown_as(examples.PAYMENT)
class PaymentSerializer(serializers.ModelSerializer):
    total = MoneySerializer(source="money")

    class Meta:
        model = Payment
        fields = ["id", "provider", "status", "total", "confirmation_url"]


@shown_as(examples.TICKET)
class TicketSerializer(serializers.ModelSerializer):
    ticket_type_name = serializers.CharField(source="ticket_type.name")
    code = serializers.CharField(source="door_code", help_text="What the QR code says.")

    class Meta:
        model = Ticket
        fields = ["id", "ticket_type", "ticket_type_name", "holder_name", "code", "checked_in_at", "gate"]


@shown_as(examples.CHECK_IN)
class CheckInSerializer(serializers.ModelSerializer):
    ticket_type_name = serializers.CharField(source="ticket_type.name")
    booking_seats = serializers.IntegerField(source="booking.seats")

    class Meta:
        model = Ticket
        fields = ["id", "ticket_type_name", "holder_name", "booking", "booking_seats", "checked_in_at", "gate"]
