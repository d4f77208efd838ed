"""Remove pictures that no event names: replaced ones, and uploads that came to nothing."""

from datetime import datetime

import structlog
from django.core.files.storage import default_storage

from common.transactions import use_case
from events.models import CoverFile, Event
from events.services.watch_cover import watch_cover

log = structlog.get_logger(__name__)
BATCH = 100


def remove_covers(*, now: datetime) -> int:
    """Look at pictures whose time has come, remove those that no event names, and return how many were looked at.

    A name is given once, so a picture that nobody names now is named by nobody later. The file goes first: when the
    worker dies in between, it is looked at again. One that the store doesn't let go is tried again later.
    """
    due = CoverFile.objects.filter(due_at__lte=now)
    names = list(due.order_by("due_at", "name").values_list("name", flat=True)[:BATCH])
    named = set(Event.objects.filter(cover__in=names).values_list("cover", flat=True))
    kept_back = [name for name in names if name not in named and not _removed(name)]
    with use_case():
        for name in kept_back:
            watch_cover(name=name, now=now)
        due.filter(name__in=names).delete()
    return len(names)


def _removed(name: str) -> bool:
    try:
        default_storage.delete(name)
    except OSError as error:
        log.warning("cover.not_removed", name=name, reason=str(error))
        return False
    return True
