"""Shapes of reports, files and keys."""

from typing import Any

from rest_framework import serializers

from common.api.examples import shown_as
from loyalty.api.serializers import points
from loyalty.models import Transfer
from loyalty.services.request_transfer import MOST_BYTES

REPORT: dict[str, Any] = {
    "since": "2026-05-03T07:12:00Z",
    "until": "2026-06-02T07:12:00Z",
    "movements": [{"day": "2026-06-02", "kind": "accrual", "count": 12, "points": "640.00"}],
    "totals": {"accrual": "640.00"},
    "outstanding": {"active": "500.00", "pending": "140.00", "held": "0.00", "debt": "0.00"},
    "expiring": [{"days": 7, "points": "20.00"}, {"days": 30, "points": "120.00"}],
    "webhooks": {"processed": 12},
    "waiting": 0,
    "oldest_seconds": 0.0,
    "top_customers": [
        {
            "customer": "01997b1e-3a41-7c02-9d15-0f6f3f0f5b02",
            "name": "Анна",
            "email": "anna@example.com",
            "phone": "",
            "points": "250.00",
        }
    ],
    "campaigns": [
        {
            "source": "google",
            "medium": "cpc",
            "campaign": "summer",
            "orders": 4,
            "customers": 3,
            "turnover": "20000.00",
        }
    ],
}
TRANSFER = {
    "id": "01997b1e-7d1a-7c52-9a51-0f6f3f0f5b31",
    "kind": "import_customers",
    "status": "checked",
    "rows_total": 120,
    "rows_done": 120,
    "failed_rows": 1,
    "errors": [{"line": 7, "code": "not_an_email"}],
    "started_at": None,
    "created_at": "2026-06-02T07:12:00Z",
    "finished_at": None,
}
KEY = {"signing_key": "whsec_bGV0IG1lIGluIHBsZWFzZQ=="}
LISTED_KEY = {
    "id": "01997b1e-7d1a-7c52-9a51-0f6f3f0f5b41",
    "valid_until": None,
    "created_at": "2026-06-02T07:12:00Z",
}


class PeriodInput(serializers.Serializer):
    """So many days until now."""

    days = serializers.IntegerField(min_value=1, max_value=366, default=30)


class PointsOfDaySerializer(serializers.Serializer):
    day = serializers.DateField()
    kind = serializers.CharField()
    count = serializers.IntegerField()
    points = points()


class ExpiringPointsSerializer(serializers.Serializer):
    days = serializers.IntegerField()
    points = points()


class TopCustomerSerializer(serializers.Serializer):
    customer = serializers.UUIDField(source="customer_id")
    name = serializers.CharField(source="customer.name")
    email = serializers.CharField(source="customer.email")
    phone = serializers.CharField(source="customer.phone")
    points = points(source="balance")


class OrderSourceSerializer(serializers.Serializer):
    source = serializers.CharField()  # type: ignore[assignment]  # the UTM mark of this name
    medium = serializers.CharField()
    campaign = serializers.CharField()
    orders = serializers.IntegerField()
    customers = serializers.IntegerField()
    turnover = points()


@shown_as(REPORT)
class LoyaltyReportSerializer(serializers.Serializer):
    """A project's last days: movements by day (UTC) and kind, what is outstanding and expiring, webhooks, campaigns."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    movements = PointsOfDaySerializer(many=True)
    totals = serializers.DictField(child=points())
    outstanding = serializers.DictField(child=points())
    expiring = ExpiringPointsSerializer(many=True)
    webhooks = serializers.DictField(child=serializers.IntegerField())
    waiting = serializers.IntegerField()
    oldest_seconds = serializers.FloatField()
    top_customers = TopCustomerSerializer(many=True)
    campaigns = OrderSourceSerializer(many=True)


class CustomerFileInput(serializers.Serializer):
    """An export, or the content of a file to import."""

    kind = serializers.ChoiceField(choices=Transfer.Kind.choices)
    content = serializers.CharField(max_length=MOST_BYTES, trim_whitespace=False, required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        is_import = given["kind"] == Transfer.Kind.IMPORT_CUSTOMERS
        if is_import and not given.get("content"):
            raise serializers.ValidationError({"content": self.fields["content"].error_messages["required"]})
        return given


@shown_as(TRANSFER)
class CustomerFileSerializer(serializers.ModelSerializer):
    """A file on its way in or out; `errors` name the first rows that are wrong, by their line."""

    errors = serializers.ListField(child=serializers.DictField(), read_only=True)  # type: ignore[assignment]  # its field

    class Meta:
        model = Transfer
        fields = list(TRANSFER)


@shown_as(KEY)
class NewSigningKeySerializer(serializers.Serializer):
    """The new key, shown this once."""

    signing_key = serializers.CharField()


@shown_as(LISTED_KEY)
class SigningKeySerializer(serializers.Serializer):
    """A key that is right until `valid_until`, or without an end; never the key itself."""

    id = serializers.UUIDField()
    valid_until = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
