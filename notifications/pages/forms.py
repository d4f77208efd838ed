"""Forms of the notification settings."""

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.models.choices import Category, Channel, DigestPeriod
from notifications.models.recipient import Recipient
from notifications.services.save_preferences import Wishes, digests_of, matrix

# Webhooks are for services, which set them by the API.
SHOWN = [channel for channel in Channel.values if channel != Channel.WEBHOOK]
# Who has no account has no inbox and no browser of theirs here.
OF_ACCOUNTS_ONLY = frozenset({Channel.IN_APP, Channel.PUSH, Channel.WEBHOOK})
OFFERS = Category.MARKETING
MAY_WAIT = [category for category in Category.values if category != Category.TRANSACTIONAL]


class PreferencesForm(forms.Form):
    """A checkbox per category and channel, consent, and quiet hours."""

    marketing_consent = forms.BooleanField(label=_("I agree to get news and offers"), required=False)
    quiet_from = forms.TimeField(
        label=_("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, *args: Any, channels: Sequence[str] = SHOWN, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channels = channels
        for category in MAY_WAIT:
            self.fields[digest_of(category)] = forms.ChoiceField(
                label=Category(category).label,
                required=False,
                choices=[("", _("At once")), *DigestPeriod.choices],
            )
        for category in Category.values:
            for channel in channels:
                self.fields[name_of(category, channel)] = forms.BooleanField(
                    label=f"{Category(category).label}: {Channel(channel).label}", required=False
                )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        begin, end = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if (begin is None) != (end is None) or (begin is not None and begin == end):
            self.add_error("quiet_until", _("Give both ends of the quiet hours, and different ones."))
        return cleaned

    @property
    def rows(self) -> list[tuple[str, list[tuple[str, forms.BoundField]]]]:
        """The table of checkboxes: a row per category, each box with its channel."""
        return [
            (
                str(Category(category).label),
                [(str(Channel(channel).label), self[name_of(category, channel)]) for channel in self.channels],
            )
            for category in Category.values
        ]

    @property
    def columns(self) -> list[str]:
        return [str(Channel(channel).label) for channel in self.channels]

    @property
    def digests(self) -> list[forms.BoundField]:
        return [self[digest_of(category)] for category in MAY_WAIT]

    @property
    def wishes(self) -> Wishes:
        """What a valid form asks for."""
        asked = self.cleaned_data
        begin, end = asked["quiet_from"], asked["quiet_until"]
        return Wishes(
            choices={
                (category, channel): asked[name_of(category, channel)]
                for category in Category.values
                for channel in self.channels
            },
            digests={category: asked[digest_of(category)] for category in MAY_WAIT},
            marketing_consent=asked["marketing_consent"],
            quiet_hours=(begin, end) if begin is not None else (),
        )


def channels_for(reached: Collection[str]) -> list[str]:
    """Return the channels of somebody without an account: mails, and where else they are reached."""
    return [one for one in SHOWN if one == Channel.EMAIL or (one in reached and one not in OF_ACCOUNTS_ONLY)]


def values_of(recipient: Recipient | None) -> dict[str, Any]:
    """Return the form's values as they are now."""
    chosen = {
        name_of(category, channel): is_enabled
        for category, channels in matrix(recipient).items()
        for channel, is_enabled in channels.items()
    }
    if recipient is None:
        return chosen
    digests = {digest_of(category): period for category, period in digests_of(recipient).items()}
    return (
        chosen
        | digests
        | {
            "marketing_consent": recipient.marketing_consent_at is not None,
            "quiet_from": recipient.quiet_from,
            "quiet_until": recipient.quiet_until,
        }
    )


def digest_of(category: str) -> str:
    return f"digest.{category}"


def name_of(category: str, channel: str) -> str:
    return f"{category}.{channel}"
