"""The second factor: an authenticator app's secret and its one-time backup codes."""

import hmac
from binascii import unhexlify
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, DeviceManager, ThrottlingMixin
from django_otp.oath import TOTP
from django_otp.util import random_hex

from common.encryption import EncryptedTextField

STEP_SECONDS = 30
DIGITS = 6
TOLERANCE_STEPS = 1


def new_key() -> str:
    """Return 160 random bits in hex, as RFC 4226 recommends."""
    return random_hex(20)


class AuthenticatorQuerySet(models.QuerySet["Authenticator"]):
    def confirmed(self) -> "AuthenticatorQuerySet":
        return self.filter(confirmed=True)

    def unconfirmed(self) -> "AuthenticatorQuerySet":
        return self.filter(confirmed=False)

    def locked(self) -> "AuthenticatorQuerySet":
        return self.select_for_update().order_by("pk")


class AuthenticatorManager(DeviceManager.from_queryset(AuthenticatorQuerySet)):  # type: ignore[misc]
    """django-otp asks it for a user's devices."""


class Authenticator(ThrottlingMixin, Device):
    """A TOTP device (RFC 6238) of django-otp with its secret encrypted at rest, which its own TOTP device is not."""

    key = EncryptedTextField()
    # The step of the last accepted code: a code is good once.
    last_step = models.BigIntegerField(default=-1)
    # How many steps the owner's clock was off at the last accepted code.
    drift = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[AuthenticatorManager] = AuthenticatorManager()

    class Meta:
        verbose_name = _("authenticator")
        verbose_name_plural = _("authenticators")
        constraints = [
            # A user has one second factor, and at most one that is being set up.
            models.UniqueConstraint(fields=["user", "confirmed"], name="accounts_authenticator_one_per_user"),
        ]

    @property
    def key_bytes(self) -> bytes:
        """The shared secret."""
        return unhexlify(self.key)

    def get_throttle_factor(self) -> int:
        """Make the owner wait 1, 2, 4, 8 … seconds after wrong codes."""
        return int(getattr(settings, "OTP_THROTTLE_FACTOR", 1))

    def take_code(self, code: str, now: datetime) -> bool:
        """Tell whether the code is right at this time; a right one is not right again. The caller saves."""
        if not (code.isascii() and code.isdigit() and len(code) == DIGITS):
            return False
        totp = TOTP(self.key_bytes, STEP_SECONDS, digits=DIGITS, drift=self.drift)
        totp.time = now.timestamp()
        if not totp.verify(int(code), TOLERANCE_STEPS, self.last_step + 1):
            return False
        self.last_step = totp.t()
        self.drift = totp.drift
        return True


class BackupCode(models.Model):
    """A one-time code for the day the phone is lost; only its keyed hash is kept."""

    authenticator = models.ForeignKey(Authenticator, on_delete=models.CASCADE, related_name="backup_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # An authenticator's codes differ.
            models.UniqueConstraint(fields=["authenticator", "digest"], name="accounts_backup_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.authenticator_id}/{self.pk}"

    def is_made_from(self, code: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.digest, digest_of_backup_code(code))


def digest_of_backup_code(code: str) -> str:
    """Return the code's HMAC under SECRET_KEY; spaces, hyphens and case don't matter."""
    plain = "".join(code.split()).replace("-", "").lower()
    return salted_hmac("accounts.backup_code", plain, algorithm="sha256").hexdigest()
