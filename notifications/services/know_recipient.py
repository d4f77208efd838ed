"""Know a person by the id that an event speaks of.

Somebody with an account here is known with the account's address, language and zone; of anybody else only the id is
known until another service tells more.
"""

from datetime import datetime
from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import Recipient
from notifications.models.choices import Locale
from notifications.selectors import find_account, find_recipient
from notifications.services.save_recipient import RecipientDetails, save_recipient


@requires_transaction
def know_recipient(*, user_id: UUID, now: datetime, locale: str | None = None) -> Recipient:
    """Return the recipient; one who is new is made."""
    known = find_recipient(user_id=user_id)
    if known is not None:
        return known
    account = find_account(user_id=user_id)
    if account is None:
        return save_recipient(user_id=user_id, details=RecipientDetails(locale=supported(locale)), now=now)
    return save_recipient(
        user_id=user_id,
        details=RecipientDetails(
            display_name=account.display_name,
            locale=account.locale,
            time_zone=account.time_zone,
            birth_on=account.birth_on,
            email=account.email,
            email_verified_at=account.email_verified_at,
        ),
        now=now,
    )


def supported(locale: str | None) -> str | None:
    """Return the language of ours that is nearest to the one asked for; None when nothing was asked."""
    if not locale:
        return None
    language = locale.lower()[:2]
    return language if language in Locale.values else Locale.ENGLISH
