"""An organizer's own account at a payment provider: its bookings are paid there, not to the platform."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.encryption import EncryptedTextField
from common.ids import new_id


class ProviderAccountQuerySet(models.QuerySet["ProviderAccount"]):
    def in_use(self) -> "ProviderAccountQuerySet":
        """Those that take new payments; the others still take webhooks and refunds of what was paid to them."""
        return self.filter(closed_at__isnull=True)


class ProviderAccount(models.Model):
    """Credentials are JSON, encrypted, and never shown again; which ones depends on the provider."""

    class Provider(models.TextChoices):
        STRIPE = "stripe", "Stripe"
        YOOKASSA = "yookassa", _("YooKassa")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organizer = models.ForeignKey("accounts.Organizer", on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=20, choices=Provider)
    credentials = EncryptedTextField()
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ProviderAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider accounts")
        constraints = [
            # An organizer's money goes to one account at a time.
            models.UniqueConstraint(
                fields=["organizer"],
                condition=models.Q(closed_at__isnull=True),
                name="bookings_provider_account_one_in_use",
            ),
            # A provider is one that organizers may bring.
            models.CheckConstraint(
                condition=models.Q(provider__in=["stripe", "yookassa"]), name="bookings_provider_account_provider_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.id}"
