"""Write down what accounts know about a person; what isn't given stays as it was.

A new e-mail address replaces the old one, and jobs that were waiting for an address go on their way. If another service
has told about somebody of this id before, all of that is forgotten first: neither its address nor a consent that it has
reported is the account's.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import ContactPoint, Recipient
from notifications.models.choices import Channel
from notifications.services.wake_waiting_jobs import wake_waiting_jobs

TOLD_NOTHING: dict[str, Any] = {
    "told_by_id": None,
    "display_name": "",
    "birth_on": None,
    "genres": [],
    "tags": [],
    "city": "",
    "registered_at": None,
    "loyalty_level": "",
    "marketing_consent_at": None,
}


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
    recipient, _ = Recipient.objects.get_or_create(kind=Recipient.Kind.USER, external_id=user_id)
    if recipient.told_by_id is not None:
        _forget_what_was_told(recipient)
    write_details(recipient=recipient, details=details, now=now)
    return recipient


@requires_transaction
def write_details(*, recipient: Recipient, details: RecipientDetails, now: datetime) -> None:
    """Write only what differs: accounts tell everything about a person with each change."""
    fields = {name: value for name, value in asdict(details).items() if value is not None}
    forgotten = fields.pop("forgotten")
    email = fields.pop("email", None)
    email_verified_at = fields.pop("email_verified_at", None)
    consent = fields.pop("marketing_consent", None)
    fields = _cleaned(fields) | dict.fromkeys(forgotten - {"email"})
    _change(recipient, {name: value for name, value in fields.items() if getattr(recipient, name) != value})
    if consent is not None:
        set_marketing_consent(recipient=recipient, is_given=consent, now=now)
    if email:
        _use_email(recipient, email.strip(), email_verified_at)
    if "email" in forgotten:
        ContactPoint.objects.active().filter(recipient=recipient, channel=Channel.EMAIL).delete()


@requires_transaction
def set_marketing_consent(*, recipient: Recipient, is_given: bool, now: datetime) -> None:
    """Keep when somebody has told of a consent first, or that there is none.

    The person's own no stands against whoever tells otherwise.
    """
    if is_given and recipient.marketing_refused_at is not None:
        return
    if is_given != (recipient.marketing_consent_at is not None):
        recipient.marketing_consent_at = now if is_given else None
        Recipient.objects.filter(id=recipient.id).update(marketing_consent_at=recipient.marketing_consent_at)


def _forget_what_was_told(recipient: Recipient) -> None:
    recipient.contact_points.filter(channel=Channel.EMAIL).delete()
    _change(recipient, TOLD_NOTHING)


def _change(recipient: Recipient, fields: dict[str, Any]) -> None:
    if fields:
        Recipient.objects.filter(id=recipient.id).update(**fields)
        for name, value in fields.items():
            setattr(recipient, name, value)


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
