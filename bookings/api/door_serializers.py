"""What the door says and hears."""

import hashlib
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.api import examples
from bookings.api.serializers import AnswersSerializer, WantedItemSerializer
from bookings.models import Ticket
from bookings.services.upload_scans import ScanResult
from common.api.examples import shown_as

MOST_SCANS = 500
DOOR_TICKET = {
    "id": "01976e42-90ab-7e61-b7d3-0242ac120002",
    "ticket_type_name": "Взрослый",
    "holder_name": "Анна",
    "booked_by": "Анна Б.",
    "booking": examples.BOOKING_ID,
    "checked_in_at": None,
    "gate": "",
}


class CheckInInput(serializers.Serializer):
    """What the QR code says; or, for somebody found by name, the ticket's id."""

    code = serializers.CharField(max_length=200, required=False)
    ticket = serializers.UUIDField(required=False)
    gate = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)

    def validate(self, scan: dict[str, Any]) -> dict[str, Any]:
        if ("code" in scan) == ("ticket" in scan):
            raise serializers.ValidationError(_("Send either code or ticket."), code="one_of")
        return scan


class UploadedScanSerializer(serializers.Serializer):
    """What the QR code said; or, for somebody found by name in the list, the ticket's id."""

    code = serializers.CharField(max_length=200, required=False)
    ticket = serializers.UUIDField(source="ticket_id", required=False)
    gate = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    scanned_at = serializers.DateTimeField()

    def validate(self, scan: dict[str, Any]) -> dict[str, Any]:
        if ("code" in scan) == ("ticket_id" in scan):
            raise serializers.ValidationError(_("Send either code or ticket."), code="one_of")
        return scan


class ScansSerializer(serializers.Serializer):
    """Scans made without a network, at most 500 at a time."""

    scans = serializers.ListField(child=UploadedScanSerializer(), allow_empty=False, max_length=MOST_SCANS)


class ScanResultSerializer(serializers.Serializer):
    """`code` is `checked_in`, or why not; then `title` says it in words."""

    code = serializers.CharField()
    title = serializers.SerializerMethodField()
    ticket_id = serializers.UUIDField(allow_null=True)
    checked_in_at = serializers.DateTimeField(allow_null=True)
    gate = serializers.CharField()

    def get_title(self, result: ScanResult) -> str:
        return _(result.title) if result.title else ""


RESULT = {
    "code": "checked_in",
    "title": "",
    "ticket_id": DOOR_TICKET["id"],
    "checked_in_at": "2030-06-14T02:41:00Z",
    "gate": "Главный вход",
}


@shown_as({"results": [RESULT]})
class ScanResultsSerializer(serializers.Serializer):
    results = ScanResultSerializer(many=True)


@shown_as(DOOR_TICKET)
class DoorTicketSerializer(serializers.ModelSerializer):
    """A ticket as the people at the door see it: never its code."""

    ticket_type_name = serializers.CharField(source="ticket_type.name")
    booked_by = serializers.CharField(source="booking.user.public_name")

    class Meta:
        model = Ticket
        fields = ["id", "ticket_type_name", "holder_name", "booked_by", "booking", "checked_in_at", "gate"]


@shown_as(DOOR_TICKET | {"code_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"})
class OfflineTicketSerializer(DoorTicketSerializer):
    """For doors without a network: the code is recognised by its hash, so the list opens no door itself."""

    code_sha256 = serializers.SerializerMethodField(help_text="SHA-256 of all that the QR code says, in hex.")

    class Meta(DoorTicketSerializer.Meta):
        fields = [*DoorTicketSerializer.Meta.fields, "code_sha256"]

    @extend_schema_field(serializers.CharField())
    def get_code_sha256(self, ticket: Ticket) -> str:
        return hashlib.sha256(ticket.door_code.encode()).hexdigest()


class IssueInput(AnswersSerializer):
    """Seats that staff give away or sell at the door; what they don't know the person answers later."""

    origin = serializers.ChoiceField(choices=["door", "complimentary"])
    items = serializers.ListField(child=WantedItemSerializer(), allow_empty=False, max_length=20)
    name = serializers.CharField(max_length=120)
    email = serializers.EmailField(required=False, default="", allow_blank=True)
    reason = serializers.CharField(max_length=500)

    def validate_items(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({item["ticket_type"] for item in items}) != len(items):
            raise serializers.ValidationError(_("A ticket type may stand in the list once."), code="repeated")
        return items


class HolderInput(serializers.Serializer):
    holder_name = serializers.CharField(max_length=120, allow_blank=True)
