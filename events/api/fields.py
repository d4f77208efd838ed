"""Fields that the API's contract needs and REST framework doesn't have."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.api.known_members import KnownMembersOnly
from common.money import Money
from events.input_rules import (
    CURRENCIES,
    EARLIEST,
    LATEST,
    MOST_BANDS,
    TIME_ZONES,
    UNSEEN,
    earliest_first,
    fault_of_bands,
)
from events.tags import same_tag

TIME_LIMITS = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]


class WholeSerializer(KnownMembersOnly):
    """A value that is replaced as a whole: a PATCH can't leave parts of it out."""

    def to_internal_value(self, data: Any) -> Any:
        if self.root is self:
            return super().to_internal_value(data)
        alone = type(self)(data=data)
        alone.is_valid(raise_exception=True)
        return alone.validated_data


class MoneySerializer(WholeSerializer):
    """`{"amount": "1500.00", "currency": "RUB"}`; a Money object inside."""

    amount = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=Decimal(0))
    currency = serializers.ChoiceField(choices=CURRENCIES)

    def to_internal_value(self, data: Any) -> Money:
        parsed = super().to_internal_value(data)
        return parsed if isinstance(parsed, Money) else Money(parsed["amount"], parsed["currency"])


class ZoneField(serializers.CharField):
    """The name of a time zone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, **options)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if name not in TIME_ZONES:
            raise serializers.ValidationError(_("There is no such time zone."), code="invalid")
        return name


class MomentField(serializers.DateTimeField):
    """A time of an event, to the second: calendars, series and people know nothing finer."""

    def to_internal_value(self, data: Any) -> datetime:
        return super().to_internal_value(data).replace(microsecond=0)


class LinkField(serializers.URLField):
    """A link that a browser may open: http or https."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, **options)
        self.validators.append(URLValidator(schemes=["http", "https"]))


class LineField(serializers.CharField):
    """One line of text: a name or a title, which stands among other words and must not turn those around."""

    def to_internal_value(self, data: Any) -> str:
        line = super().to_internal_value(data)
        if UNSEEN.search(line):
            raise serializers.ValidationError(
                _("Leave out line breaks, control characters and those that turn the direction of text."),
                code="invalid",
            )
        return line


class TagField(LineField):
    """A tag, stored in the one way in which it is looked for; a comma would part it in two there."""

    def to_internal_value(self, data: Any) -> str:
        tag = same_tag(super().to_internal_value(data))
        if "," in tag:
            raise serializers.ValidationError(_("A tag has no comma."), code="invalid")
        return tag


class BandSerializer(KnownMembersOnly):
    """From so many hours before the start on, so many percent are refunded."""

    hours_before = serializers.IntegerField(min_value=0, max_value=8760)
    percent = serializers.IntegerField(min_value=0, max_value=100)


def ordered_bands(bands: list[dict[str, int]]) -> list[dict[str, int]]:
    """Return the bands, the earliest first.

    Raises:
        ValidationError: two begin at once, or the refund would grow as the start comes nearer.
    """
    fault = fault_of_bands(bands)
    if fault is not None:
        code, told = fault
        raise serializers.ValidationError(told, code=code)
    return [dict(band) for band in earliest_first(bands)]


class BandsOfTypesField(serializers.DictField):
    """Bands of ticket types that have their own, by the type's id."""

    child = serializers.ListField(child=BandSerializer(), max_length=MOST_BANDS)

    def to_internal_value(self, data: Any) -> dict[str, list[dict[str, int]]]:
        told = super().to_internal_value(data)
        return {str(serializers.UUIDField().run_validation(key)): ordered_bands(told[key]) for key in told}


class RefundPolicySerializer(WholeSerializer):
    """Bands, the earliest first; none at all: nothing is refunded when the guest cancels."""

    bands = BandSerializer(many=True, max_length=MOST_BANDS)  # type: ignore[call-arg]  # the stubs know no many=True
    fee = serializers.DecimalField(
        max_digits=8,
        decimal_places=2,
        min_value=Decimal(0),
        required=False,
        help_text="Kept of every refund, in the event's currency.",
    )
    promo_share = serializers.IntegerField(
        min_value=0,
        max_value=100,
        required=False,
        help_text="Percent of a refund that comes back for seats bought with a promo code; all of it when left out.",
    )
    types = BandsOfTypesField(required=False, help_text="Ticket types with bands of their own, by id.")

    def to_representation(self, instance: Any) -> Any:
        """Return None for a draft that has no policy yet."""
        return super().to_representation(instance) if instance else None

    def validate_bands(self, bands: list[dict[str, int]]) -> list[dict[str, int]]:
        return ordered_bands(bands)

    def validate_fee(self, fee: Decimal) -> str:
        """Return the fee as JSON keeps it."""
        return str(fee)
