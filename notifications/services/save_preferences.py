"""Keep what a user wants to get, how, and when not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import DigestChoice, Preference, Recipient
from notifications.models.choices import Category, Channel
from notifications.selectors.people import list_choices, list_digests
from notifications.services.know_recipient import know_recipient
from notifications.services.save_recipient import set_marketing_consent

Choices = Mapping[tuple[str, str], bool]


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """`choices` holds only what changes; None for consent or quiet hours leaves them, () ends quiet hours."""

    choices: Choices = field(default_factory=dict)
    marketing_consent: bool | None = None
    quiet_hours: tuple[time, time] | tuple[()] | None = None
    # By category: the period of its digest, or '' for each message by itself.
    digests: Mapping[str, str] = field(default_factory=dict)


@requires_transaction
def save_preferences(*, user_id: UUID, wishes: Wishes, now: datetime) -> Recipient:
    """Store the wishes."""
    recipient = know_recipient(user_id=user_id, now=now)
    for (category, channel), is_enabled in wishes.choices.items():
        Preference.objects.update_or_create(
            recipient=recipient, category=category, channel=channel, defaults={"is_enabled": is_enabled}
        )
    for category, period in wishes.digests.items():
        if period:
            DigestChoice.objects.update_or_create(recipient=recipient, category=category, defaults={"period": period})
        else:
            DigestChoice.objects.filter(recipient=recipient, category=category).delete()
    if wishes.marketing_consent is not None:
        set_marketing_consent(recipient=recipient, is_given=wishes.marketing_consent, now=now)
    if wishes.quiet_hours is not None:
        recipient.quiet_from, recipient.quiet_until = wishes.quiet_hours or (None, None)
        Recipient.objects.filter(id=recipient.id).update(
            quiet_from=recipient.quiet_from, quiet_until=recipient.quiet_until
        )
    return recipient


def matrix(recipient: Recipient | None) -> dict[str, dict[str, bool]]:
    """Return every category with every channel: what was chosen, else on."""
    chosen = list_choices(recipient=recipient) if recipient else {}
    return {
        category: {channel: chosen.get((category, channel), True) for channel in Channel.values}
        for category in Category.values
    }


def digests_of(recipient: Recipient | None) -> dict[str, str]:
    """Return the period of each category that can wait, '' for each message by itself."""
    chosen = list_digests(recipient=recipient) if recipient else {}
    return {category: chosen.get(category, "") for category in Category.values if category != Category.TRANSACTIONAL}
