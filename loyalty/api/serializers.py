"""Shapes of loyalty in the API."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from common.api.examples import shown_as
from common.api.known_members import KnownMembersOnly
from loyalty.api import examples
from loyalty.models import Customer, LedgerEntry, LedgerTransaction, Project, WebhookDelivery
from loyalty.models.project_checks import check_field_names, check_region
from loyalty.services.rotate_secret import OVERLAP

OVERLAP_HOURS = OVERLAP // timedelta(hours=1)
MOST_OVERLAP_HOURS = 7 * 24
# What a shop decides for itself. The rate limit protects the platform, so its staff set it.
RULES = [
    "name",
    "is_active",
    "signature_mode",
    "base_percent",
    "currency",
    "rounding",
    "basis",
    "accrue_on",
    "pending_days",
    "bonus_lifetime_days",
    "grace_days",
    "expiry_warning_days",
    "spend_max_percent",
    "spend_min_order",
    "level_window_days",
    "referrer_bonus",
    "referred_bonus",
    "referral_limit",
    "telegram_bot",
    "default_region",
    "field_names",
]


def points(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=16, decimal_places=2, **options)


class ProjectInput(KnownMembersOnly, serializers.ModelSerializer):
    """A project's rules; what is left out has its usual value, or stays as it is."""

    base_percent = serializers.DecimalField(max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False)
    spend_max_percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False
    )
    bonus_lifetime_days = serializers.IntegerField(min_value=1, max_value=36_500, required=False, allow_null=True)
    spend_min_order = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=0, required=False)
    referrer_bonus = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=0, required=False)
    referred_bonus = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=0, required=False)
    telegram_bot = serializers.RegexField(r"^[A-Za-z][A-Za-z0-9_]{4,31}$", required=False, allow_blank=True)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)

    class Meta:
        model = Project
        fields = RULES

    def validate_default_region(self, region: str) -> str:
        check_region(region)
        return region

    def validate_field_names(self, names: Any) -> Any:
        check_field_names(names)
        return names


@shown_as(examples.PROJECT)
class ProjectSerializer(serializers.ModelSerializer):
    """A project without its secrets."""

    class Meta:
        model = Project
        fields = ["id", *RULES, "rate_limit_per_minute", "connected_at", "created_at"]


@shown_as(examples.OPENED)
class OpenedProjectSerializer(serializers.Serializer):
    """A new project with the secrets that are shown this once."""

    project = ProjectSerializer()
    webhook_secret = serializers.CharField()
    webhook_url = serializers.URLField()
    signing_key = serializers.CharField()


class RotationInput(KnownMembersOnly, serializers.Serializer):
    """How long what is replaced stays good: 24 hours unless said otherwise, 0 when it has leaked."""

    overlap_hours = serializers.IntegerField(min_value=0, max_value=MOST_OVERLAP_HOURS, default=OVERLAP_HOURS)


@shown_as(examples.ROTATED)
class RotatedSecretSerializer(serializers.Serializer):
    """The new secret, shown this once."""

    webhook_secret = serializers.CharField()
    webhook_url = serializers.URLField()


@shown_as(examples.CUSTOMER)
class CustomerSerializer(serializers.ModelSerializer):
    """A customer with the points that can be spent and those that wait for payment."""

    active_points = points(read_only=True)
    pending_points = points(read_only=True)

    class Meta:
        model = Customer
        fields = ["id", "email", "phone", "name", "birth_on", "active_points", "pending_points", "created_at"]


@shown_as(examples.TRANSACTION)
class TransactionSerializer(serializers.ModelSerializer):
    """A movement of points: what it did to those that can be spent and to those that wait."""

    order_id = serializers.CharField(source="order.order_id", default=None, allow_null=True, read_only=True)
    active_points = points(read_only=True)
    pending_points = points(read_only=True)

    class Meta:
        model = LedgerTransaction
        fields = ["id", "kind", "order_id", "active_points", "pending_points", "posted_at"]


class EntrySerializer(serializers.ModelSerializer):
    account = serializers.CharField(source="account.kind", read_only=True)

    class Meta:
        model = LedgerEntry
        fields = ["account", "lot", "amount"]


@shown_as(examples.EXPLANATION)
class ExplanationSerializer(TransactionSerializer):
    """A movement with the rules, inputs and formula that made it, and its entries."""

    explanation = serializers.DictField(read_only=True)
    entries = EntrySerializer(many=True, read_only=True)

    class Meta(TransactionSerializer.Meta):
        fields = [*TransactionSerializer.Meta.fields, "explanation", "entries"]


@shown_as(examples.WEBHOOK)
class WebhookSerializer(serializers.ModelSerializer):
    """A webhook that came: how it was understood and what came of it."""

    result = serializers.DictField(read_only=True)
    size_bytes = serializers.IntegerField(read_only=True)

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "format",
            "action",
            "webhook_id",
            "signed_with",
            "status",
            "attempts",
            "last_error",
            "result",
            "size_bytes",
            "received_at",
            "finished_at",
        ]
