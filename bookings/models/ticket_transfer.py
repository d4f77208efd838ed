"""A ticket that is on its way to somebody else."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from bookings.models.ticket import Ticket
from common.ids import new_id


class TransferStatus(models.TextChoices):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    # Taken back by the giver, or not claimed in time.
    ENDED = "ended"


class TicketTransferQuerySet(models.QuerySet["TicketTransfer"]):
    def open(self) -> "TicketTransferQuerySet":
        return self.filter(status=TransferStatus.OFFERED)

    def claimable(self, now: datetime) -> "TicketTransferQuerySet":
        return self.open().filter(expires_at__gt=now)

    def told(self) -> "TicketTransferQuerySet":
        return self.select_related("ticket__ticket_type", "ticket__booking__event", "ticket__booking__user")


class TicketTransfer(models.Model):
    """An offer by e-mail: whoever has the link gets the ticket. Only the digest of the link's token is kept."""

    Status = TransferStatus

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="transfers")
    email = models.EmailField(max_length=254)
    token_digest = models.BinaryField(max_length=32)
    status = models.CharField(max_length=8, choices=TransferStatus, default=TransferStatus.OFFERED)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = TicketTransferQuerySet.as_manager()

    class Meta:
        constraints = [
            # A ticket is on its way to one person at a time.
            models.UniqueConstraint(
                fields=["ticket"], condition=models.Q(status="offered"), name="bookings_ticket_transfer_one_open"
            ),
            # A link is one offer.
            models.UniqueConstraint(fields=["token_digest"], name="bookings_ticket_transfer_token_unique"),
            # Who accepted is known when it was accepted, and only then; ended has a time.
            models.CheckConstraint(
                condition=models.Q(status="offered", accepted_by__isnull=True, ended_at__isnull=True)
                | models.Q(status="accepted", accepted_by__isnull=False, ended_at__isnull=False)
                | models.Q(status="ended", accepted_by__isnull=True, ended_at__isnull=False),
                name="bookings_ticket_transfer_ended_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.status}"
