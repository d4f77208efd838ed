"""Steps for many events, copies and series, as callers write them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.api.known_members import KnownMembersOnly
from events.api.fields import TIME_LIMITS, LineField, MomentField, RefundPolicySerializer, TagField
from events.api.inputs import FIELDS
from events.models import Event

MOST_AT_ONCE = 20
STEPS = ("publish", "cancel", "change_prices")
# What a step needs, and nothing else.
NEEDS = {"publish": None, "cancel": "reason", "change_prices": "percent", "update": "fields"}


class StepInput(KnownMembersOnly):
    """A step, with what it needs: `cancel` a `reason`, `change_prices` a `percent`."""

    action = serializers.ChoiceField(choices=STEPS)
    reason = serializers.CharField(max_length=2000, required=False)
    percent = serializers.IntegerField(min_value=-90, max_value=500, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = NEEDS[attrs["action"]]
        given = set(attrs) - {"action", "events"}
        if needed is not None and needed not in given:
            raise serializers.ValidationError({needed: [_("This step needs it.")]}, code="required")
        if surplus := sorted(given - {needed}):
            raise serializers.ValidationError({surplus[0]: [_("This step doesn't take it.")]}, code="invalid")
        return attrs

    @staticmethod
    def parameters(attrs: dict[str, Any]) -> dict[str, Any]:
        """Return what the step is told."""
        return dict(attrs.get("fields") or {name: attrs[name] for name in ("reason", "percent") if name in attrs})


class BulkInput(StepInput):
    """A step for up to 20 of one's own events."""

    events = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE)

    def validate_events(self, events: list[Any]) -> list[Any]:
        if len(set(events)) < len(events):
            raise serializers.ValidationError(_("An event is named twice."), code="unique")
        return events


class SharedContentInput(KnownMembersOnly, serializers.ModelSerializer):
    """What may be the same for many events."""

    serializer_field_mapping = FIELDS
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=["ru", "en"], required=False)
    tags = serializers.ListField(child=TagField(max_length=30), max_length=10, required=False)
    cancellable_hours_before = serializers.IntegerField(min_value=0, max_value=8760, required=False)
    refund_policy = RefundPolicySerializer(required=False)

    class Meta:
        model = Event
        fields = [
            *("title", "summary", "description", "language", "tags", "age_rating", "contact", "address_is_public"),
            *("refund_policy", "cancellable_hours_before"),
        ]
        extra_kwargs = {"title": {"required": False}}


class FollowingInput(StepInput):
    """A step for an event and those after it in its series; `update` changes their `fields`."""

    action = serializers.ChoiceField(choices=[*STEPS, "update"])
    fields = SharedContentInput(required=False)  # type: ignore[assignment]


class CopyInput(KnownMembersOnly):
    """Another start, another title; both may stay as they are."""

    starts_at = MomentField(validators=TIME_LIMITS, required=False)
    title = LineField(max_length=160, required=False)


class RuleInput(KnownMembersOnly):
    """A recurrence rule that comes to an end."""

    rule = serializers.CharField(max_length=300, help_text="RFC 5545, like FREQ=WEEKLY;BYDAY=SA;COUNT=10.")
