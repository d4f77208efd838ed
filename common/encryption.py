"""Secrets at rest: HMAC keys, TOTP seeds, bot tokens."""

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


def encrypt(plain: str) -> str:
    """Return the secret under the newest of FIELD_ENCRYPTION_KEYS."""
    return _keys().encrypt(plain.encode()).decode()


def decrypt(cipher: str) -> str:
    """Return the secret.

    Raises:
        InvalidToken: none of FIELD_ENCRYPTION_KEYS has made it.
    """
    return _keys().decrypt(cipher.encode()).decode()


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


class EncryptedTextField(models.TextField):
    """A text that only holders of FIELD_ENCRYPTION_KEYS can read in the database."""

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return value if value is None else decrypt(value)

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return prepared if prepared is None else encrypt(prepared)


__all__ = ["EncryptedTextField", "InvalidToken", "decrypt", "encrypt"]
