"""Write down what is known about a person; what isn't given stays as it was.

A new e-mail address replaces the old one, and jobs that were waiting for an address go on their way.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import ContactPoint, Recipient
from notifications.models.choices import Channel
from notifications.services.wake_waiting_jobs import wake_waiting_jobs


@dataclass(frozen=True, kw_only=True)
class RecipientDetails:
    """None means: not told. `forgotten` names what is known no more: `email`, `birth_on`, `registered_at`."""

    display_name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    birth_on: date | None = None
    genres: list[str] | None = None
    tags: list[str] | None = None
    marketing_consent: bool | None = None
    city: str | None = None
    registered_at: datetime | None = None
    loyalty_level: str | None = None
    email: str | None = None
    email_verified_at: datetime | None = None
    forgotten: frozenset[str] = frozenset()


@requires_transaction
def save_recipient(*, user_id: UUID, details: RecipientDetails, now: datetime) -> Recipient:
    """Make or change the recipient of this user id."""
    fields = {name: value for name, value in asdict(details).items() if value is not None}
    forgotten = fields.pop("forgotten")
    email = fields.pop("email", None)
    email_verified_at = fields.pop("email_verified_at", None)
    consent = fields.pop("marketing_consent", None)
    recipient = _keep(user_id, _cleaned(fields) | dict.fromkeys(forgotten - {"email"}))
    if consent is not None:
        set_marketing_consent(recipient=recipient, is_given=consent, now=now)
    if email:
        _use_email(recipient, email.strip(), email_verified_at)
    if "email" in forgotten:
        ContactPoint.objects.active().filter(recipient=recipient, channel=Channel.EMAIL).delete()
    return recipient


@requires_transaction
def set_marketing_consent(*, recipient: Recipient, is_given: bool, now: datetime) -> None:
    """Keep when consent was first given; withdrawing forgets it."""
    if is_given != (recipient.marketing_consent_at is not None):
        recipient.marketing_consent_at = now if is_given else None
        Recipient.objects.filter(id=recipient.id).update(marketing_consent_at=recipient.marketing_consent_at)


def _keep(user_id: UUID, fields: dict[str, Any]) -> Recipient:
    """Write only what differs: accounts tell everything about a person with each change."""
    recipient = Recipient.objects.known_as(user_id).first()
    if recipient is None:
        made, _ = Recipient.objects.update_or_create(kind=Recipient.Kind.USER, external_id=user_id, defaults=fields)
        return made
    changed = {name: value for name, value in fields.items() if getattr(recipient, name) != value}
    if changed:
        Recipient.objects.filter(id=recipient.id).update(**changed)
        for name, value in changed.items():
            setattr(recipient, name, value)
    return recipient


def _cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    if "genres" in fields:
        fields["genres"] = sorted({genre.strip().lower() for genre in fields["genres"]})
    return fields


def _use_email(recipient: Recipient, address: str, verified_at: datetime | None) -> None:
    """Let this address be the one in use."""
    in_use = ContactPoint.objects.active().filter(recipient=recipient, channel=Channel.EMAIL).first()
    if in_use is not None and in_use.address.lower() == address.lower():
        return
    if in_use is not None:
        in_use.delete()
    ContactPoint.objects.update_or_create(
        recipient=recipient,
        channel=Channel.EMAIL,
        address=address,
        defaults={"verified_at": verified_at, "switched_off_at": None, "switched_off_reason": ""},
    )
    wake_waiting_jobs(recipient_id=recipient.id, channel=Channel.EMAIL)
