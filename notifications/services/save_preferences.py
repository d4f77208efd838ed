"""Keep what a user wants to get, how, and when not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import DigestChoice, Preference, Recipient
from notifications.models.choices import Category, Channel
from notifications.selectors.addresses import list_mail_addresses, list_proved_addresses, list_refused_at
from notifications.selectors.people import list_choices, list_digests
from notifications.services.keep_refusals import keep_refusals
from notifications.services.know_recipient import know_recipient

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
    """Store the wishes of somebody who has signed in; they hold for the account's address too, once it is proved."""
    recipient = know_recipient(user_id=user_id, now=now)
    keep_wishes(recipient=recipient, wishes=wishes, addresses=list_proved_addresses(user_id=user_id), now=now)
    return recipient


@requires_transaction
def keep_wishes(*, recipient: Recipient, wishes: Wishes, addresses: Collection[str], now: datetime) -> None:
    """Store the wishes; what of mails is refused or wanted again holds for these addresses, whoever tells of them."""
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
        _say_consent(recipient, is_given=wishes.marketing_consent, now=now)
    if wishes.quiet_hours is not None:
        recipient.quiet_from, recipient.quiet_until = wishes.quiet_hours or (None, None)
        Recipient.objects.filter(id=recipient.id).update(
            quiet_from=recipient.quiet_from, quiet_until=recipient.quiet_until
        )
    if addresses:
        refused = _mails_refused(recipient, wishes)
        keep_refusals(addresses=addresses, refused=refused, wanted=_mails_spoken_of(wishes) - refused)


def _say_consent(recipient: Recipient, *, is_given: bool, now: datetime) -> None:
    """Keep since when the person has agreed to offers, or has refused them."""
    recipient.marketing_consent_at = (recipient.marketing_consent_at or now) if is_given else None
    recipient.marketing_refused_at = None if is_given else (recipient.marketing_refused_at or now)
    Recipient.objects.filter(id=recipient.id).update(
        marketing_consent_at=recipient.marketing_consent_at, marketing_refused_at=recipient.marketing_refused_at
    )


def _mails_spoken_of(wishes: Wishes) -> set[str]:
    spoken_of = {category for category, channel in wishes.choices if channel == Channel.EMAIL}
    return spoken_of | ({Category.MARKETING} if wishes.marketing_consent is not None else set())


def _mails_refused(recipient: Recipient, wishes: Wishes) -> set[str]:
    """Return which of the categories that the wishes speak of are refused by mail, now that the wishes are stored."""
    spoken_of, chosen = _mails_spoken_of(wishes), list_choices(recipient=recipient)
    off = {category for category in spoken_of if not chosen.get((category, Channel.EMAIL), True)}
    return off | spoken_of & _without_consent(recipient)


def _without_consent(recipient: Recipient) -> set[str]:
    return {Category.MARKETING} if recipient.marketing_refused_at is not None else set()


def matrix(recipient: Recipient | None) -> dict[str, dict[str, bool]]:
    """Return every category with every channel: what was chosen, else on, but for what the mail address has refused."""
    chosen = list_choices(recipient=recipient) if recipient else {}
    if recipient is not None:
        # That the person agrees to no offers at all is told by the consent.
        refused = list_refused_at(addresses=list_mail_addresses(recipient=recipient)) - _without_consent(recipient)
        chosen |= dict.fromkeys([(category, str(Channel.EMAIL)) for category in refused], False)
    return {
        category: {channel: chosen.get((category, channel), True) for channel in Channel.values}
        for category in Category.values
    }


def digests_of(recipient: Recipient | None) -> dict[str, str]:
    """Return the period of each category that can wait, '' for each message by itself."""
    chosen = list_digests(recipient=recipient) if recipient else {}
    return {category: chosen.get(category, "") for category in Category.values if category != Category.TRANSACTIONAL}
