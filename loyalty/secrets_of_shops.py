"""Secrets that shops are given: made here, shown once."""

import base64
import hashlib
import hmac
import secrets

from django.conf import settings
from django.utils.encoding import force_bytes

PREFIX_LENGTH = 8


def new_webhook_secret() -> str:
    """Return 256 random bits for the webhook's address."""
    return secrets.token_urlsafe(32)


def new_signing_key() -> str:
    """Return a key as Standard Webhooks writes them: `whsec_` and base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def digest_of(secret: str) -> bytes:
    """Return what is stored of a webhook secret: worthless without this installation's key."""
    return _digest(secret, settings.SECRET_KEY)


def digests_of(secret: str) -> list[bytes]:
    """Return the digests under the present key and those that it replaced."""
    return [_digest(secret, key) for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]]


def _digest(secret: str, key: str | bytes) -> bytes:
    message = b"loyalty.webhook_secret\0" + secret.encode("utf-8", "surrogatepass")
    return hmac.new(force_bytes(key), message, hashlib.sha256).digest()
