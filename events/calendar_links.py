"""The secret address of a person's calendar.

A calendar program can't sign in, so knowing the address is enough. It is signed, not stored, and carries a number that
the person may change: the old address is worth nothing then.
"""

import uuid

from django.conf import settings
from django.core import signing

from common.problems import NotFound
from events.selectors.calendars import get_calendar_secret

SIGNER = signing.Signer(salt="events.calendar")


def link_of(*, user_id: uuid.UUID, secret: uuid.UUID) -> str:
    """Return the address."""
    return f"{settings.PUBLIC_URL}/calendar/{SIGNER.sign(f'{user_id.hex}.{secret.hex}')}.ics"


def user_of_link(token: str) -> uuid.UUID:
    """Return whose calendar it is.

    Raises:
        NotFound: the link was never given out, or has been changed.
    """
    try:
        user_hex, _, secret_hex = SIGNER.unsign(token).partition(".")
        user_id, secret = uuid.UUID(user_hex), uuid.UUID(secret_hex)
    except (signing.BadSignature, ValueError) as error:
        raise NotFound from error
    if get_calendar_secret(user_id=user_id) != secret:
        raise NotFound
    return user_id
