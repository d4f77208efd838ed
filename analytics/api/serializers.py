"""Shapes of reports."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from analytics.api import examples
from analytics.selectors import Period
from common.api.examples import shown_as

LONGEST_DAYS = 366
DEFAULT_DAYS = 30
# Nothing was counted before, and days are added to both ends.
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


class PeriodInput(serializers.Serializer):
    """`date_from` up to and including `date_to`; the last thirty days when nothing is said."""

    date_from = serializers.DateField(required=False)
    date_to = serializers.DateField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name, day in attrs.items():
            if not EARLIEST <= day <= LATEST:
                raise serializers.ValidationError({name: _("A day of the years 2000 to 2099.")}, code="out_of_range")
        last: date = attrs.get("date_to") or timezone.now().date()
        first: date = attrs.get("date_from") or last - timedelta(days=DEFAULT_DAYS - 1)
        if last < first:
            raise serializers.ValidationError({"date_to": _("It comes before date_from.")}, code="period_reversed")
        if (last - first).days >= LONGEST_DAYS:
            raise serializers.ValidationError({"date_from": _("At most 366 days.")}, code="period_too_long")
        return {"period": Period(first, last + timedelta(days=1))}


class FiguresSerializer(serializers.Serializer):
    """Figures of a day or of a period; money is in `currency`, taken and given back apart."""

    views = serializers.IntegerField()
    visitors = serializers.IntegerField()
    holds = serializers.IntegerField()
    confirmed = serializers.IntegerField()
    seats = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    revenue = serializers.DecimalField(max_digits=14, decimal_places=2)
    refunds = serializers.DecimalField(max_digits=14, decimal_places=2)


class DaySerializer(FiguresSerializer):
    day = serializers.DateField()


class CurrencyFiguresSerializer(FiguresSerializer):
    currency = serializers.CharField()


class EventFiguresSerializer(CurrencyFiguresSerializer):
    event_id = serializers.UUIDField()
    title = serializers.CharField()


class ConversionSerializer(serializers.Serializer):
    """Shares between 0 and 1, null where nothing can be divided."""

    visitor_to_hold = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True)
    hold_to_confirmed = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True)


@shown_as(examples.EVENT_REPORT)
class EventReportSerializer(serializers.Serializer):
    event_id = serializers.UUIDField()
    title = serializers.CharField()
    currency = serializers.CharField()
    date_from = serializers.DateField()
    date_to = serializers.DateField()
    totals = FiguresSerializer()
    conversion = ConversionSerializer()
    days = DaySerializer(many=True)


@shown_as(examples.ORGANIZER_REPORT)
class OrganizerReportSerializer(serializers.Serializer):
    organizer_id = serializers.UUIDField()
    name = serializers.CharField()
    date_from = serializers.DateField()
    date_to = serializers.DateField()
    totals = CurrencyFiguresSerializer(many=True)
    events = EventFiguresSerializer(many=True)


class QueueSerializer(serializers.Serializer):
    waiting = serializers.IntegerField()
    reported = serializers.IntegerField()
    oldest_at = serializers.DateTimeField(allow_null=True)


class PlatformPeriodSerializer(serializers.Serializer):
    date_from = serializers.DateField()
    date_to = serializers.DateField()
    new_users = serializers.IntegerField()
    totals = CurrencyFiguresSerializer(many=True)


@shown_as(examples.PLATFORM_REPORT)
class PlatformReportSerializer(serializers.Serializer):
    periods = serializers.DictField(child=PlatformPeriodSerializer())
    top_events = EventFiguresSerializer(many=True)
    moderation = QueueSerializer()


def share(part: int, whole: int) -> Decimal | None:
    """Return a share to four places, or None of nothing."""
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else None
