"""What other services tell about people."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.api.examples import shown_as
from common.api.known_members import KnownMembersOnly
from notifications.api import examples
from notifications.models import Recipient
from notifications.models.choices import Locale

# RFC 5321, section 4.5.3.1.
LONGEST_ADDRESS, LONGEST_LOCAL_PART = 254, 64
FIRST_BIRTH = date(1900, 1, 1)
# A service's clock may run ahead of this one.
CLOCKS_DIFFER = timedelta(minutes=5)


class PlainBooleanField(serializers.BooleanField):
    """True or false, and nothing that looks like them: a consent isn't guessed."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class PlainCharField(serializers.CharField):
    """Text, and no number that is written out."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class RecipientSerializer(KnownMembersOnly, serializers.Serializer[Any]):
    """What isn't given stays as it was, and null forgets."""

    email = serializers.EmailField(required=False, allow_null=True, max_length=LONGEST_ADDRESS)
    display_name = PlainCharField(required=False, max_length=120, allow_blank=True)
    locale = serializers.ChoiceField(choices=Locale.choices, required=False)
    time_zone = PlainCharField(required=False, max_length=64)
    birth_on = serializers.DateField(required=False, allow_null=True)
    city = PlainCharField(required=False, max_length=120, allow_blank=True)
    registered_at = serializers.DateTimeField(required=False, allow_null=True)
    loyalty_level = PlainCharField(required=False, max_length=100, allow_blank=True)
    genres = serializers.ListField(child=PlainCharField(max_length=40), required=False, max_length=100)
    tags = serializers.ListField(child=PlainCharField(max_length=60), required=False, max_length=100)
    marketing_consent = PlainBooleanField(
        required=False, help_text="Who has refused offers here stays without: `false` is answered then."
    )

    def validate_email(self, value: str | None) -> str | None:
        if value and len(value.rpartition("@")[0]) > LONGEST_LOCAL_PART:
            raise serializers.ValidationError(_("No mailbox has a name as long as this."))
        return value

    def validate_birth_on(self, value: date | None) -> date | None:
        if value and not FIRST_BIRTH <= value <= timezone.localdate():
            raise serializers.ValidationError(_("Nobody who reads messages was born then."))
        return value

    def validate_registered_at(self, value: datetime | None) -> datetime | None:
        if value and value > timezone.now() + CLOCKS_DIFFER:
            raise serializers.ValidationError(_("This moment is yet to come."))
        if value and value.date() < FIRST_BIRTH:
            raise serializers.ValidationError(_("Nobody could register then."))
        return value

    def validate_time_zone(self, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            # An OSError: `America` is a folder of zones.
            raise serializers.ValidationError(_("This is not the name of a time zone.")) from error
        return value


@shown_as(examples.RECIPIENT)
class RecipientStateSerializer(serializers.Serializer[Any]):
    """Of what was told, how it is kept: a service reads nothing here that it hasn't said itself."""

    user_id = serializers.UUIDField()
    display_name = serializers.CharField(required=False)
    locale = serializers.CharField(required=False)
    time_zone = serializers.CharField(required=False)
    birth_on = serializers.DateField(required=False, allow_null=True)
    city = serializers.CharField(required=False)
    registered_at = serializers.DateTimeField(required=False, allow_null=True)
    loyalty_level = serializers.CharField(required=False)
    genres = serializers.ListField(child=serializers.CharField(), required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    marketing_consent = serializers.BooleanField(required=False)

    def to_representation(self, instance: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out what wasn't told; REST framework would give null for it where null is allowed."""
        return {name: value for name, value in super().to_representation(instance).items() if name in instance}


def kept_of(recipient: Recipient, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of a recipient, as far as it was told just now."""
    kept = {name: getattr(recipient, name) for name in told.keys() - {"email", "marketing_consent"}}
    if "marketing_consent" in told:
        kept["marketing_consent"] = recipient.marketing_consent_at is not None
    return {"user_id": recipient.external_id} | kept
