"""Check that the seat counters are what the bookings and their open changes say: held and sold of every event and ticket type."""

from datetime import datetime

import structlog
from django.db import connection

from bookings.metrics import SEAT_DRIFT
from bookings.models import SeatDrift
from common.transactions import requires_transaction

log = structlog.get_logger(__name__)

# One statement, so that counters and bookings are of one moment.
DRIFT_SQL = """
    WITH live AS (
        SELECT booking.event_id, item.ticket_type_id, item.quantity,
               booking.status = 'held' AS is_held
        FROM bookings_bookingitem AS item JOIN bookings_booking AS booking ON booking.id = item.booking_id
        WHERE booking.status IN ('held', 'confirmed', 'attended')
        UNION ALL
        SELECT booking.event_id, item.ticket_type_id, item.added, true
        FROM bookings_bookingchangeitem AS item JOIN bookings_bookingchange AS change ON change.id = item.change_id
        JOIN bookings_booking AS booking ON booking.id = change.booking_id
        WHERE change.status = 'held'
    ), counted AS (
        SELECT event_id, ticket_type_id,
               coalesce(sum(quantity) FILTER (WHERE is_held), 0) AS held,
               coalesce(sum(quantity) FILTER (WHERE NOT is_held), 0) AS sold
        FROM live GROUP BY GROUPING SETS ((event_id, ticket_type_id), (event_id))
    ), stored AS (
        SELECT event_id, id AS ticket_type_id, held, sold FROM events_tickettype
        UNION ALL SELECT id, NULL, held, sold FROM events_event
    )
    SELECT stored.event_id, stored.ticket_type_id,
           stored.held, coalesce(counted.held, 0), stored.sold, coalesce(counted.sold, 0)
    FROM stored LEFT JOIN counted
      ON counted.event_id = stored.event_id AND counted.ticket_type_id IS NOT DISTINCT FROM stored.ticket_type_id
    WHERE (stored.held, stored.sold) IS DISTINCT FROM (coalesce(counted.held, 0), coalesce(counted.sold, 0))
    ORDER BY 1, 2
"""


@requires_transaction
def check_seats(*, now: datetime) -> list[SeatDrift]:
    """Replace the stored findings by those of now, tell Prometheus, and return them; empty is as it must be."""
    with connection.cursor() as sql:
        sql.execute(DRIFT_SQL)
        found = [
            SeatDrift(
                event_id=event_id,
                ticket_type_id=ticket_type_id,
                held_stored=held_stored,
                held_counted=held_counted,
                sold_stored=sold_stored,
                sold_counted=sold_counted,
                found_at=now,
            )
            for event_id, ticket_type_id, held_stored, held_counted, sold_stored, sold_counted in sql.fetchall()
        ]
    SeatDrift.objects.all().delete()
    SeatDrift.objects.bulk_create(found)
    SEAT_DRIFT.set(len(found))
    if found:
        log.error("booking.seats_drifted", count=len(found))
    return found
