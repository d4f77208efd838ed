"""Hold one kept rating against a recount of the published reviews, and set it right if it differs.

It never differs while every change goes through move_rating: a difference is an error in the log to look into.
"""

from uuid import UUID

import structlog

from common.transactions import requires_transaction
from reviews.models import Rating
from reviews.selectors import recount_reviews

log = structlog.get_logger(__name__)


@requires_transaction
def check_rating(*, event_id: UUID | None = None, organizer_id: UUID | None = None) -> bool:
    """Recount one subject; return whether its rating was right.

    The row is locked while its reviews are counted: whoever publishes meanwhile moves it afterwards.
    """
    subject = {"event_id": event_id} if event_id else {"organizer_id": organizer_id}
    Rating.objects.bulk_create([Rating(**subject)], ignore_conflicts=True)
    rating = Rating.objects.locked().get(**subject)
    counted = recount_reviews(event_id=event_id, organizer_id=organizer_id)
    kept = {column: getattr(rating, column) for column in counted}
    if kept == counted:
        return True
    log.error("rating.drifted", kept=kept, counted=counted, **{name: str(value) for name, value in subject.items()})
    Rating.objects.filter(pk=rating.pk).update(**counted)
    return False
