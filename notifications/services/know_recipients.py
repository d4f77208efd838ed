"""Know people by the ids that events speak of; as many at once as an intake has.

Somebody with an account here is known with the account's address, language and zone; of anybody else only the id is
known until another service tells more. Whoever a service has told about and who has an account here by now is the account's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from accounts.models import User
from common.transactions import requires_transaction
from notifications.event_types.registry import OneCustomer, OneUser, Someone
from notifications.models import ContactPoint, Recipient
from notifications.models.choices import Channel, Locale
from notifications.selectors.people import list_accounts, list_recipients_known_as, with_reach
from notifications.services.save_recipient import RecipientDetails, save_recipient

Key = tuple[str, UUID]


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """As much of a recipient as planning needs."""

    recipient_id: UUID
    user_id: UUID
    locale: str
    # The channels at which there is an address in use.
    reach: frozenset[str] = frozenset()
    # Another service has told about them.
    is_told_of: bool = False


def key_of(person: Someone) -> Key:
    """Return what a recipient is found by."""
    if isinstance(person, OneUser):
        return Recipient.Kind.USER, person.user_id
    if isinstance(person, OneCustomer):
        return Recipient.Kind.CUSTOMER, person.customer_id
    return Recipient.Kind.ADDRESS, uuid5(NAMESPACE_URL, f"mailto:{person.email.strip().lower()}")


@requires_transaction
def know_recipients(*, people: Iterable[Someone], now: datetime) -> dict[Key, Addressee]:
    """Return the recipients by their keys; those who are new are made."""
    wanted = {key_of(person): person for person in people}
    known = _known(wanted)
    told_of = [one.user_id for one in known.values() if one.is_told_of]
    if told_of and _give_to_accounts(told_of, now):
        known = _known(wanted)
    missing = {key: person for key, person in wanted.items() if key not in known}
    if missing:
        _make(missing, now)
        known |= _known(missing)
    return known


def supported(locale: str | None) -> str | None:
    """Return the language of ours that is nearest to the one asked for; None when nothing was asked."""
    if not locale:
        return None
    language = locale.lower()[:2]
    return language if language in Locale.values else Locale.ENGLISH


def _known(keys: Iterable[Key]) -> dict[Key, Addressee]:
    rows = with_reach(list_recipients_known_as(keys=list(keys)))
    return {
        (kind, external_id): Addressee(
            recipient_id=recipient_id,
            user_id=external_id,
            locale=locale,
            reach=frozenset(reach),
            is_told_of=told_by_id is not None,
        )
        for kind, external_id, recipient_id, locale, reach, told_by_id in rows
    }


def _give_to_accounts(user_ids: list[UUID], now: datetime) -> int:
    """Let accounts speak for those who have one by now; return how many they are."""
    accounts = list_accounts(user_ids=sorted(user_ids)).order_by("id")
    for account in accounts:
        details = RecipientDetails(
            display_name=account.display_name,
            locale=account.locale,
            time_zone=account.time_zone,
            birth_on=account.birth_on,
            email=account.email,
            email_verified_at=account.email_verified_at,
        )
        save_recipient(user_id=account.id, details=details, now=now)
    return len(accounts)


def _make(missing: dict[Key, Someone], now: datetime) -> None:
    """Write the recipients in the order of their keys, as every other writer does, so that two can't wait in a ring."""
    user_ids = [external_id for kind, external_id in missing if kind == Recipient.Kind.USER]
    accounts = {account.id: account for account in list_accounts(user_ids=user_ids)} if user_ids else {}
    made = {key: _recipient(key, missing[key], accounts.get(key[1])) for key in sorted(missing)}
    Recipient.objects.bulk_create(made.values(), ignore_conflicts=True)
    stored = _known(missing)
    ContactPoint.objects.bulk_create(
        [
            ContactPoint(
                recipient_id=stored[key].recipient_id, channel=Channel.EMAIL, address=email, verified_at=proved
            )
            for key in made
            # Whoever has made it meanwhile has written its address too.
            if stored[key].recipient_id == made[key].id
            for email, proved in [_email(missing[key], accounts.get(key[1]))]
            if email
        ]
    )


def _recipient(key: Key, person: Someone, account: User | None) -> Recipient:
    kind, external_id = key
    recipient = Recipient(kind=kind, external_id=external_id)
    if account is not None and kind == Recipient.Kind.USER:
        recipient.display_name = account.display_name
        recipient.locale = account.locale
        recipient.time_zone = account.time_zone
        recipient.birth_on = account.birth_on
        return recipient
    recipient.locale = supported(person.locale) or recipient.locale
    if isinstance(person, OneCustomer):
        recipient.project_id = person.project_id
    return recipient


def _email(person: Someone, account: User | None) -> tuple[str, datetime | None]:
    if isinstance(person, OneUser):
        return (account.email, account.email_verified_at) if account is not None else ("", None)
    return (person.email or "").strip(), None
