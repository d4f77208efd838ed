"""Two customers that a contact says are one person: people decide."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from loyalty.models.customer import Customer
from loyalty.models.project import Project


class MergeCandidate(models.Model):
    """An e-mail and a phone that came together and belong to two customers."""

    class Status(models.TextChoices):
        OPEN = "open", _("to be decided")
        MERGED = "merged", _("merged")
        DISMISSED = "dismissed", _("two people")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The one with the e-mail: it stays.
    keeps = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    # The one with the phone: it becomes the other.
    gives = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            # Two customers stand in the queue once.
            models.UniqueConstraint(fields=["project", "keeps", "gives"], name="loyalty_merge_candidate_once"),
            # What is decided says when.
            models.CheckConstraint(
                condition=models.Q(status="open", decided_at__isnull=True)
                | (~models.Q(status="open") & models.Q(decided_at__isnull=False)),
                name="loyalty_merge_candidate_decided_when",
            ),
            # Two are two.
            models.CheckConstraint(condition=~models.Q(keeps=models.F("gives")), name="loyalty_merge_candidate_of_two"),
        ]
        indexes = [
            # list_merge_candidates
            models.Index(fields=["project", "status", "-created_at", "-id"], name="loyalty_merge_candidate_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.gives_id} → {self.keeps_id}"
