"""Questions and answers, as callers write and read them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.api.known_members import KnownMembersOnly
from events.models import Answer, Question


class QuestionInput(KnownMembersOnly, serializers.ModelSerializer):
    """A question; only a `choice` has `choices`, and a `waiver` needs the `text` that is signed."""

    ticket_type = serializers.UUIDField(required=False, allow_null=True, help_text="Left out: every ticket type.")
    text = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=120), min_length=2, max_length=50, required=False
    )
    position = serializers.IntegerField(min_value=0, max_value=1000, required=False)

    class Meta:
        model = Question
        fields = ["ticket_type", "kind", "prompt", "text", "choices", "is_required", "position"]

    def validate_choices(self, choices: list[Any]) -> list[Any]:
        if len(set(choices)) < len(choices):
            raise serializers.ValidationError(_("A choice is named twice."), code="unique")
        return choices


class QuestionSerializer(serializers.ModelSerializer):
    """What is asked."""

    ticket_type = serializers.UUIDField(source="ticket_type_id", allow_null=True)
    choices = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Question
        fields = ["id", "ticket_type", "kind", "prompt", "text", "choices", "is_required", "position"]


class AnswerSerializer(serializers.ModelSerializer):
    """What was answered for one seat."""

    question = serializers.UUIDField(source="question_id")
    ticket_type = serializers.CharField(source="ticket_type.name")

    class Meta:
        model = Answer
        fields = ["question", "prompt", "text", "value", "booking_id", "ticket_type", "seat", "answered_at"]
