"""Events as callers write them."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.api.known_members import KnownMembersOnly
from events.api.fields import (
    TIME_LIMITS,
    LineField,
    LinkField,
    MomentField,
    MoneySerializer,
    RefundPolicySerializer,
    TagField,
    ZoneField,
)
from events.input_rules import CURRENCIES
from events.models import Category, Event, TicketType

TIME: dict[str, Any] = {"validators": TIME_LIMITS}
OPTIONAL_TIME = TIME | {"required": False}
FIELDS = serializers.ModelSerializer.serializer_field_mapping | {
    models.CharField: LineField,
    models.DateTimeField: MomentField,
}


class TicketTypeInput(KnownMembersOnly, serializers.ModelSerializer):
    """A kind of ticket; the price is in the event's currency."""

    serializer_field_mapping = FIELDS
    price = MoneySerializer()
    capacity = serializers.IntegerField(min_value=1, max_value=1_000_000)
    min_per_booking = serializers.IntegerField(min_value=1, max_value=100, required=False)
    max_per_booking = serializers.IntegerField(min_value=1, max_value=100, required=False)
    position = serializers.IntegerField(min_value=0, max_value=1000, required=False)

    class Meta:
        model = TicketType
        fields = [
            *("name", "price", "capacity", "sale_opens_at", "sale_closes_at"),
            *("min_per_booking", "max_per_booking", "access_code", "position"),
        ]
        extra_kwargs = {"sale_opens_at": TIME, "sale_closes_at": TIME}


class EventContentInput(KnownMembersOnly, serializers.ModelSerializer):
    """What PATCH may change."""

    serializer_field_mapping = FIELDS
    category = serializers.SlugRelatedField(slug_field="slug", queryset=Category.objects.all())
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=["ru", "en"], required=False)
    tags = serializers.ListField(child=TagField(max_length=30), max_length=10, required=False)
    latitude = serializers.DecimalField(
        max_digits=8, decimal_places=6, min_value=-90, max_value=90, required=False, allow_null=True
    )
    longitude = serializers.DecimalField(
        max_digits=9, decimal_places=6, min_value=-180, max_value=180, required=False, allow_null=True
    )
    online_url = LinkField(required=False, allow_blank=True)
    time_zone = ZoneField(required=False)
    capacity = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True)
    cancellable_hours_before = serializers.IntegerField(min_value=0, max_value=8760, required=False)
    refund_policy = RefundPolicySerializer(required=False)
    doors_open_hours_before = serializers.IntegerField(
        min_value=0,
        max_value=8760,
        required=False,
        allow_null=True,
        help_text="Tickets scanned earlier before the start are refused; null: none is too early.",
    )

    class Meta:
        model = Event
        fields = [
            *("title", "summary", "description", "category", "tags", "language", "age_rating", "city", "venue"),
            *("address", "latitude", "longitude", "address_is_public", "online_url", "contact"),
            *(
                "starts_at",
                "ends_at",
                "time_zone",
                "capacity",
                "refund_policy",
                "cancellable_hours_before",
                "doors_open_hours_before",
                "counts_unscanned",
            ),
        ]
        extra_kwargs = {"starts_at": TIME, "ends_at": TIME}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("latitude" in attrs) != ("longitude" in attrs) or (attrs.get("latitude") is None) != (
            attrs.get("longitude") is None
        ):
            raise serializers.ValidationError({"longitude": [_("Give both coordinates, or none.")]})
        return attrs


class EventInput(EventContentInput):
    """What POST takes: the content, whose it is, and its first ticket types."""

    organizer = serializers.UUIDField(required=False, help_text="May be left out by who manages only one.")
    currency = serializers.ChoiceField(choices=CURRENCIES, default="RUB")
    ticket_types = TicketTypeInput(many=True, required=False, max_length=50)  # type: ignore[call-arg]  # as in fields

    class Meta(EventContentInput.Meta):
        fields = [*EventContentInput.Meta.fields, "organizer", "currency", "ticket_types"]

    def validate_ticket_types(self, ticket_types: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = [one["name"] for one in ticket_types]
        if len(set(names)) < len(names):
            raise serializers.ValidationError(_("Two ticket types have the same name."), code="unique")
        return ticket_types


class ScheduleInput(EventContentInput):
    """Another time or place, and why; what isn't named stays as it is."""

    reason = serializers.CharField(max_length=2000)

    class Meta(EventContentInput.Meta):
        fields = [
            *("starts_at", "ends_at", "time_zone", "city", "venue", "address", "latitude", "longitude"),
            *("online_url", "reason"),
        ]
        extra_kwargs = {"starts_at": OPTIONAL_TIME, "ends_at": OPTIONAL_TIME}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs) == {"reason"}:
            raise serializers.ValidationError(_("Name the new time or place."), code="required")
        return super().validate(attrs)


class ReasonInput(KnownMembersOnly):
    """Why."""

    reason = serializers.CharField(max_length=2000)
