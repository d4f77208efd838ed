"""Codes of tickets: random, and signed so that a forged one is refused without a look into the database."""

import base64
import secrets

from django.core.signing import BadSignature, Signer

CODE_BYTES = 10


def new_code() -> str:
    """Return 80 random bits as 16 characters that survive being read aloud."""
    return base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()


def signed(code: str) -> str:
    """Return what the QR code says: the code and its HMAC-SHA-256."""
    return _signer().sign(code)


def read_signed(text: str) -> str | None:
    """Return the code, or None when the signature isn't ours."""
    try:
        return _signer().unsign(text.strip())
    except BadSignature:
        return None


def _signer() -> Signer:
    return Signer(salt="bookings.ticket", sep=".")
