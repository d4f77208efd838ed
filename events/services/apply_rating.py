"""Show events with the stars that reviews have given them, and new ones with those of their organizer."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Q

from common.transactions import requires_transaction
from events.models import Event

# What is told late must not undo what was told since.
KEEP_ORGANIZER_RATING = """
    INSERT INTO events_organizerrating (organizer_id, mean, score, told_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (organizer_id) DO UPDATE
    SET mean = excluded.mean, score = excluded.score, told_at = excluded.told_at
    WHERE events_organizerrating.told_at < excluded.told_at
"""
LEND = """
    UPDATE events_event SET rating = lent.mean, rating_score = lent.score
    FROM events_organizerrating AS lent
    WHERE lent.organizer_id = events_event.organizer_id AND events_event.organizer_id = %s
      AND rating_count = 0 AND (rating, rating_score) IS DISTINCT FROM (lent.mean, lent.score)
"""


@dataclass(frozen=True, kw_only=True)
class Stars:
    """The mean, None without reviews, and the score that lists are ordered by."""

    mean: Decimal | None
    score: Decimal


@requires_transaction
def apply_rating(
    *,
    event_id: uuid.UUID,
    organizer_id: uuid.UUID,
    count: int,
    of_event: Stars,
    of_organizer: Stars,
    told_at: datetime,
) -> None:
    """Take over a rating that has changed, unless a later one was told already."""
    Event.objects.filter(Q(rated_at__isnull=True) | Q(rated_at__lt=told_at), id=event_id).update(
        rating=of_event.mean, rating_score=of_event.score, rating_count=count, rated_at=told_at
    )
    with connection.cursor() as sql:
        sql.execute(KEEP_ORGANIZER_RATING, [organizer_id, of_organizer.mean, of_organizer.score, told_at])
    lend_rating(organizer_id=organizer_id)


@requires_transaction
def lend_rating(*, organizer_id: uuid.UUID) -> None:
    """Show the organizer's stars at its events that have none of their own."""
    with connection.cursor() as sql:
        sql.execute(LEND, [organizer_id])
