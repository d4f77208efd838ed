"""Pictures in the store that no event may name any more, or not yet."""

from django.db import models


class CoverFile(models.Model):
    """A picture to be looked at later: by then an event names it for good, or it is removed."""

    name = models.CharField(max_length=200, primary_key=True)
    due_at = models.DateTimeField()

    class Meta:
        indexes = [
            # remove_covers
            models.Index(fields=["due_at"], name="events_cover_file_due"),
        ]

    def __str__(self) -> str:
        return self.name
