"""Addresses that nothing may be sent to any more."""

import hashlib

from django.db import models
from django.db.models.functions import Lower, Now, Trim

from common.ids import new_id
from notifications.models.choices import Category, Channel


def hash_of_address(address: str) -> bytes:
    """Return what an address is known by on the list: the list outlives the person, so it holds no addresses."""
    return hashlib.sha256(address.strip().lower().encode()).digest()


def hash_in_database(address: str) -> models.Func:
    """Return the same of a column that holds an address."""
    written = models.Func(Lower(Trim(address)), models.Value("UTF8"), function="convert_to")
    return models.Func(written, function="sha256", output_field=models.BinaryField())


class Suppression(models.Model):
    """Bounced for good, complained, or asked to be left alone; whoever the address belongs to.

    Who has asked for one category to stop gets the others: `category` says which, and is empty for all of them.
    """

    class Reason(models.TextChoices):
        BOUNCE = "bounce"
        COMPLAINT = "complaint"
        UNSUBSCRIBE = "unsubscribe"
        PERSON = "person"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.CharField(max_length=10, choices=Channel)
    address_hash = models.BinaryField(max_length=32)
    reason = models.CharField(max_length=15, choices=Reason)
    category = models.CharField(max_length=20, choices=Category, blank=True, default="")
    # The message that led to it, if it is known.
    job = models.ForeignKey(
        "notifications.NotificationJob", on_delete=models.SET_NULL, null=True, blank=True, related_name="suppressions"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # An address stands once on the list of a channel, for everything and for each category.
            models.UniqueConstraint(
                fields=["channel", "address_hash", "category"], name="notifications_suppression_once"
            ),
            # Only a person can ask for one category to stop.
            models.CheckConstraint(
                condition=models.Q(category="") | models.Q(reason="unsubscribe"),
                name="notifications_suppression_category_unsubscribed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"
