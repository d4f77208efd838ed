"""What the API of accounts takes and gives."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import AccessToken, Organizer, OrganizerMember, User
from accounts.phones import NotAPhone, to_e164
from accounts.scopes import GRANTABLE
from accounts.services.issue_token import DEFAULT_LIFETIME_DAYS, LONGEST_LIFETIME_DAYS

LONGEST_DESCRIPTION = 10_000


class PhoneField(serializers.CharField):
    """A phone in any usual form, kept as E.164; numbers without a country code are Russian."""

    default_error_messages = {"not_a_phone": _("This is not a phone number.")}

    def to_internal_value(self, data: Any) -> str:
        try:
            return to_e164(super().to_internal_value(data))
        except NotAPhone:
            self.fail("not_a_phone")


class TokenRequestSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField()
    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)
    otp_code = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    scopes = serializers.MultipleChoiceField(
        choices=GRANTABLE, required=False, default=lambda: set(GRANTABLE), allow_empty=False
    )
    expires_in_days = serializers.IntegerField(
        min_value=1, max_value=LONGEST_LIFETIME_DAYS, required=False, default=DEFAULT_LIFETIME_DAYS
    )


class ErasureSerializer(serializers.Serializer[Any]):
    confirm = serializers.ChoiceField(choices=["erase"], help_text=_("Says that it is meant."))


class TokenSerializer(serializers.ModelSerializer[AccessToken]):
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    created_at = serializers.DateTimeField(source="created", read_only=True)
    expires_at = serializers.DateTimeField(source="expiry", read_only=True)

    class Meta:
        model = AccessToken
        fields = ["id", "name", "scopes", "created_at", "expires_at", "last_used_at", "second_factor_at"]
        read_only_fields = fields


class NewTokenSerializer(TokenSerializer):
    """With the token itself, this once."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = ["token", *TokenSerializer.Meta.fields]
        read_only_fields = fields


class CodeSerializer(serializers.Serializer[Any]):
    otp_code = serializers.CharField(max_length=20)


class MeSerializer(serializers.ModelSerializer[User]):
    phone = PhoneField(max_length=32, required=False, allow_blank=True)
    time_zone = serializers.ChoiceField(choices=sorted(available_timezones()), required=False)
    handle = serializers.RegexField(r"^[a-z0-9_]{3,40}$", required=False, allow_blank=True)

    class Meta:
        model = User
        fields = [
            *("id", "email", "email_verified_at", "display_name", "handle", "phone", "locale", "time_zone"),
            *("birth_on", "is_staff", "created_at"),
        ]
        read_only_fields = ["id", "email", "email_verified_at", "is_staff", "created_at"]
        # Uniqueness is the database's to judge.
        extra_kwargs: ClassVar[dict[str, Any]] = {"handle": {"validators": []}, "phone": {"validators": []}}


class OrganizerSerializer(serializers.ModelSerializer[Organizer]):
    slug = serializers.SlugField(max_length=80, required=False, allow_blank=True, default="")
    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, required=False, allow_blank=True)

    class Meta:
        model = Organizer
        fields = ["id", "name", "slug", "description", "contact_email", "approved_at", "created_at"]
        read_only_fields = ["id", "approved_at", "created_at"]


class OrganizerChangesSerializer(OrganizerSerializer):
    slug = serializers.SlugField(max_length=80, required=False)


class OrganizerMemberSerializer(serializers.ModelSerializer[OrganizerMember]):
    user_id = serializers.UUIDField(read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    display_name = serializers.CharField(source="user.display_name", read_only=True)

    class Meta:
        model = OrganizerMember
        fields = ["id", "user_id", "email", "display_name", "role", "created_at"]
        read_only_fields = fields


class NewOrganizerMemberSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=OrganizerMember.Role.choices)
