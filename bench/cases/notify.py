"""From an external event to the inbox: a mailing is posted, its audience planned, its jobs go through Kafka and Celery."""

import time
import uuid
from collections.abc import Iterator

import httpx

from bench import yardsticks
from bench.figures import Figure
from bench.system import System

AUDIENCES = (2_000, 20_000)
PATIENCE_SECONDS = 600

PEOPLE_SQL = """
    INSERT INTO notifications_recipient (id, kind, external_id, display_name, locale, time_zone, genres, tags, city,
                                         loyalty_level, marketing_consent_at)
    SELECT uuidv7(), 'user', gen_random_uuid(), 'Load ' || number, 'ru', 'Europe/Moscow', '{}', ARRAY[%(tag)s], '', '',
           now()
    FROM generate_series(1, %(count)s) AS number
"""
TEMPLATE_SQL = """
    WITH template AS (
        INSERT INTO notifications_template (id, code, description, category, is_urgent, variables, sample)
        VALUES (uuidv7(), %(code)s, '', 'social', false, '{campaign_id}', '{}') RETURNING id
    )
    INSERT INTO notifications_templateversion (id, template_id, channel, locale, version, status, is_shipped, subject,
                                               body, link)
    SELECT uuidv7(), id, channel, 'ru', 1, 'published', false, 'Hello, {{ recipient_name }}', 'A **word** to all.', ''
    FROM template, unnest(ARRAY['email', 'push', 'in_app']) AS channel
"""
SEGMENT_SQL = """
    INSERT INTO notifications_segment (id, code, description, conditions)
    VALUES (uuidv7(), %(code)s::text, '', jsonb_build_object('has_any_tag', jsonb_build_array(%(code)s::text)))
"""
WALK_SQL = """
    SELECT extract(epoch FROM max(created_at) - min(created_at)) FROM notifications_notificationjob AS job
    JOIN notifications_notificationevent AS event ON event.id = job.event_id WHERE event.event_id = %s
"""
ENDED_SQL = """
    SELECT count(*) FROM notifications_notificationjob AS job
    JOIN notifications_notificationevent AS event ON event.id = job.event_id
    WHERE event.event_id = %s AND job.status = 'delivered'
"""
INBOX_SQL = """
    SELECT count(DISTINCT item.recipient_id) FROM notifications_inboxitem AS item
    JOIN notifications_recipient AS recipient ON recipient.id = item.recipient_id WHERE recipient.tags @> ARRAY[%s]::varchar[]
"""


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Send one mailing to a small and one to a ten times larger audience; `seconds` doesn't matter here."""
    for audience in AUDIENCES:
        yield from _mailing(system, audience)


def _mailing(system: System, audience: int) -> Iterator[Figure]:
    tag = f"bench_{uuid.uuid4().hex[:12]}"
    with system.database() as database:
        database.execute(PEOPLE_SQL, {"tag": tag, "count": audience})
        database.execute(TEMPLATE_SQL, {"code": tag})
        database.execute(SEGMENT_SQL, {"code": tag})
        database.execute("ANALYZE notifications_recipient")
    event_id = uuid.uuid4()
    started_at = time.monotonic()
    _post(system, event_id, tag)
    delivered = _wait(system, event_id, audience)
    took = time.monotonic() - started_at
    with system.database() as database:
        walk = database.execute(WALK_SQL, [event_id]).fetchone()
    reached = system.count(INBOX_SQL, [tag])
    yardstick = yardsticks.insert_webhook(system)
    yield Figure(
        name=f"notify, event to inbox, {audience:,} people",
        figure=delivered / took,
        unit="jobs/s",
        yardstick=yardstick,
        verified=delivered == reached == audience,
        detail={"audience": audience, "seconds": round(took, 1), "in the inbox": reached},
    )
    if walk and walk[0]:
        yield Figure(
            name=f"notify, planning, {audience:,} people",
            figure=audience / float(walk[0]),
            unit="recipients/s",
            yardstick=yardstick,
            verified=delivered == audience,
            detail={"from the first page's jobs to the last's": f"{float(walk[0]):.2f} s", "while": "workers send"},
        )


def _post(system: System, event_id: uuid.UUID, tag: str) -> None:
    event = {
        "event_id": str(event_id),
        "event_type": "campaign_triggered",
        "source": "admin_panel",
        "occurred_at": "2026-01-01T00:00:00Z",
        "payload": {
            "campaign_id": str(uuid.uuid4()),
            "template_code": tag,
            "channels": ["in_app"],
            "segment": {"segment_id": tag},
        },
    }
    token = system.demo["notifications"]["service_token"]
    answer = httpx.post(
        f"{system.web}/api/v1/notifications/events/",
        json=event,
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    answer.raise_for_status()


def _wait(system: System, event_id: uuid.UUID, audience: int) -> int:
    """Return how many messages have arrived: all, or as many as did in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    arrived = 0
    with system.database() as database:
        while arrived < audience and time.monotonic() < deadline:
            time.sleep(0.1)
            row = database.execute(ENDED_SQL, [event_id]).fetchone()
            arrived = int(row[0]) if row else 0
    return arrived
