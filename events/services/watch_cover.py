"""Have a picture looked at later, whether any event names it still."""

from datetime import datetime, timedelta

from common.transactions import requires_transaction
from events.models import CoverFile

# Longer than any transaction in which an event may come to name it: one with its upload, or a copy of an event.
GRACE = timedelta(hours=1)


@requires_transaction
def watch_cover(*, name: str, now: datetime) -> None:
    """Write down that the picture is to be removed after a while, unless an event names it by then."""
    CoverFile.objects.bulk_create(
        [CoverFile(name=name, due_at=now + GRACE)],
        update_conflicts=True,
        update_fields=["due_at"],
        unique_fields=["name"],
    )
