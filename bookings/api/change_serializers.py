"""Changes, handed-over tickets and waiting lists on the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.api import examples
from bookings.api.serializers import (
    MAX_SEATS,
    AnswerLineSerializer,
    AnswersSerializer,
    BookingSerializer,
    WantedItemsSerializer,
)
from bookings.models import Booking, BookingChange, TicketTransfer, WaitingEntry
from bookings.models.lifecycle import BookingStatus
from bookings.models.waiting_list import WaitingStatus
from bookings.selectors import get_open_change, get_position
from common.api.examples import shown_as
from common.api.known_members import KnownMembersOnly
from events.api.fields import MoneySerializer
from events.api.question_serializers import QuestionSerializer

MONEY = {"amount": "1500.00", "currency": "RUB"}
NO_MONEY = {"amount": "0.00", "currency": "RUB"}
CHANGE_QUOTE = {
    "items": [
        {"ticket_type": examples.TICKET_TYPE_ID, "name": "Взрослый", "quantity": 3, "added": 1, "total": MONEY},
    ],
    "total": MONEY,
    "to_pay": MONEY,
    "refund": NO_MONEY,
    "points_back": "0.00",
    "questions": [],
}
OPEN_CHANGE = {"id": examples.BOOKING_ID, "to_pay": MONEY, "hold_expires_at": "2030-05-02T09:15:00Z"}
TRANSFER = {
    "id": "01976e43-1a2b-7e61-b7d3-0242ac120002",
    "ticket": "01976e42-90ab-7e61-b7d3-0242ac120002",
    "email": "boris@example.com",
    "expires_at": "2030-05-03T09:00:00Z",
}
WAITING: dict[str, Any] = {
    "event": examples.EVENT_ID,
    "status": "waiting",
    "seats": 2,
    "items": [{"ticket_type": examples.TICKET_TYPE_ID, "quantity": 2}],
    "position": 4,
    "joined_at": "2030-05-01T09:00:00Z",
    "booking": None,
    "booking_status": None,
}


class WantedChangeSerializer(AnswersSerializer, WantedItemsSerializer):
    """All seats that the booking is to have; answers for those that weren't asked before."""

    access_code = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)


class WantedPlaceSerializer(WantedChangeSerializer):
    """The seats that somebody waits for, with all that booking them would need."""


class AnsweredSerializer(KnownMembersOnly, AnswersSerializer):
    """Answers that are new; the others count on."""


class ChangedLineSerializer(serializers.Serializer):
    ticket_type = serializers.UUIDField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    added = serializers.IntegerField()
    total = MoneySerializer()


@shown_as(CHANGE_QUOTE)
class ChangeQuoteSerializer(serializers.Serializer):
    """The new price, and what is to be paid more or comes back."""

    items = ChangedLineSerializer(many=True)
    total = MoneySerializer()
    to_pay = MoneySerializer()
    refund = MoneySerializer()
    points_back = serializers.DecimalField(max_digits=12, decimal_places=2)
    questions = QuestionSerializer(many=True, help_text="What has to be answered for each of these seats.")


class OpenChangeSerializer(serializers.ModelSerializer):
    to_pay = MoneySerializer(source="money")

    class Meta:
        model = BookingChange
        fields = ["id", "to_pay", "hold_expires_at"]


@shown_as(examples.BOOKING | {"status": "confirmed", "next_action": "pay", "change": OPEN_CHANGE})
class ChangedBookingSerializer(BookingSerializer):
    """The booking, and the change that waits for its payment, if there is one."""

    change = serializers.SerializerMethodField()

    class Meta(BookingSerializer.Meta):
        fields = [*BookingSerializer.Meta.fields, "change"]

    @extend_schema_field(OpenChangeSerializer(allow_null=True))
    def get_change(self, booking: Booking) -> dict[str, Any] | None:
        change = get_open_change(booking_id=booking.id)
        return OpenChangeSerializer(change).data if change else None

    def to_representation(self, instance: Booking) -> dict[str, Any]:
        told = super().to_representation(instance)
        return told | {"next_action": "pay"} if told["change"] else told


ASKED: dict[str, Any] = {
    "questions": [],
    "answers": [{"question": "Рост", "ticket_type": "Взрослый", "seat": 1, "value": "176"}],
    "missing": 0,
}


@shown_as(ASKED)
class AskedSerializer(serializers.Serializer):
    """What is asked for the seats of a booking, and what was answered; `missing` required answers lack."""

    questions = QuestionSerializer(many=True)
    answers = AnswerLineSerializer(many=True)
    missing = serializers.IntegerField()


class OfferTicketSerializer(KnownMembersOnly, serializers.Serializer):
    ticket = serializers.UUIDField()
    email = serializers.EmailField(max_length=254)


@shown_as(TRANSFER)
class TransferSerializer(serializers.ModelSerializer):
    """Where the ticket is going; the link is in the mail only."""

    class Meta:
        model = TicketTransfer
        fields = ["id", "ticket", "email", "expires_at"]


class ClaimSerializer(KnownMembersOnly, serializers.Serializer):
    token = serializers.CharField(max_length=100)


class WaitingItemSerializer(serializers.Serializer):
    ticket_type = serializers.UUIDField(source="ticket_type_id")
    quantity = serializers.IntegerField(max_value=MAX_SEATS)


@shown_as(WAITING)
class WaitingSerializer(serializers.ModelSerializer):
    """A place on the list; `booking` holds the offered seats, and its status tells what became of the offer."""

    status = serializers.ChoiceField(choices=WaitingStatus.choices)
    items = WaitingItemSerializer(many=True)
    position = serializers.SerializerMethodField()
    booking_status = serializers.ChoiceField(
        choices=BookingStatus.choices, source="booking.status", allow_null=True, read_only=True
    )

    class Meta:
        model = WaitingEntry
        fields = ["event", "status", "seats", "items", "position", "joined_at", "booking", "booking_status"]

    def get_position(self, entry: WaitingEntry) -> int | None:
        return get_position(entry=entry)
