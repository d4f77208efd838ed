"""Where people choose what they get: who has no account here by a link, a signed recipient and the mail's language."""

from uuid import UUID

import msgspec
from django.conf import settings
from django.core import signing

from common.problems import NotFound

SALT = "notifications.settings"
OF_ACCOUNTS = "/inbox/preferences/"


class SettingsLink(msgspec.Struct, frozen=True, kw_only=True):
    recipient_id: UUID
    locale: str


def settings_url_for(*, recipient_id: UUID, locale: str, may_sign_in: bool) -> str:
    """Return where the recipient chooses: the page of their account, or one behind a signed link.

    Whoever has such a link may change what the recipient gets, so it goes to their own addresses only.
    """
    if may_sign_in:
        return settings.PUBLIC_URL + OF_ACCOUNTS
    token = signing.dumps([str(recipient_id), locale], salt=SALT, compress=True)
    return f"{settings.PUBLIC_URL}/notifications/settings/{token}/"


def read_settings_token(token: str) -> SettingsLink:
    """Return what a link is about; links don't expire, mails are kept for years.

    Raises:
        NotFound: it isn't a link of ours.
    """
    try:
        recipient_id, locale = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise NotFound() from error
    return SettingsLink(recipient_id=UUID(recipient_id), locale=locale)
