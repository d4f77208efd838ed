"""A named audience."""

from django.db import models
from django.db.models.functions import Now

from common.ids import new_id


class Segment(models.Model):
    """Conditions over recipients under a name that campaigns use (see `notifications.segment_language`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=100)
    description = models.CharField(max_length=200, blank=True)
    conditions = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # A name means one audience.
            models.UniqueConstraint(fields=["code"], name="notifications_segment_code_unique"),
        ]

    def __str__(self) -> str:
        return self.code
