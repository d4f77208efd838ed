"""Links by which a mail is unsubscribed from, without signing in: a signed recipient, category, channel and language."""

from uuid import UUID

import msgspec
from django.conf import settings
from django.core import signing

from common.problems import NotFound

SALT = "notifications.unsubscribe"
# Messages about one's own bookings can't be unsubscribed from.
NEVER = "transactional"


class Unsubscribing(msgspec.Struct, frozen=True, kw_only=True):
    recipient_id: UUID
    category: str
    channel: str
    # The mail's; empty in links of mails that were sent before links had one.
    locale: str = ""


def link_for(*, recipient_id: UUID, category: str, channel: str, locale: str = "") -> str:
    """Return the address, or '' where there is nothing to unsubscribe from."""
    if category == NEVER:
        return ""
    token = signing.dumps([str(recipient_id), category, channel, locale], salt=SALT, compress=True)
    return f"{settings.PUBLIC_URL}/notifications/unsubscribe/{token}/"


def read_token(token: str) -> Unsubscribing:
    """Return what a link is about; links don't expire, mails are kept for years.

    Raises:
        NotFound: it isn't a link of ours.
    """
    try:
        recipient_id, category, channel, *locale = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise NotFound() from error
    return Unsubscribing(recipient_id=UUID(recipient_id), category=category, channel=channel, locale="".join(locale))
