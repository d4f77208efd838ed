"""Write the jobs of a plan and state each of them, set-based: a thousand recipients are one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import connection

from bus.services.record_fact import record_facts
from common.ids import new_id
from common.transactions import requires_transaction
from notifications.domain_events import JobPlanned
from notifications.event_types.registry import Plan
from notifications.models import NotificationEvent, Template

# A copy that hasn't come back from Kafka by then is no longer waited for.
LOST_COPY_SECONDS = 30

INSERT_SQL = """
    INSERT INTO notifications_notificationjob
        (id, recipient_id, channel, locale, event_id, template_code, category, is_urgent, context, status, attempts,
         next_attempt_at, reached, provider_message_id, reason, last_error, decisions)
    SELECT row.id, row.recipient_id, row.channel, row.locale, %(event)s, %(template)s, %(category)s, %(urgent)s,
           %(context)s::jsonb, 'planned', 0, %(due)s, '[]', '', '', '', '[]'
    FROM unnest(%(ids)s::uuid[], %(recipients)s::uuid[], %(channels)s::text[], %(locales)s::text[])
         AS row (id, recipient_id, channel, locale)
    ON CONFLICT ON CONSTRAINT notifications_job_once DO NOTHING
    RETURNING id, recipient_id, channel
"""


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """As much of a recipient as planning needs."""

    recipient_id: UUID
    user_id: UUID
    locale: str


@requires_transaction
def insert_jobs(
    *, event: NotificationEvent, plan: Plan, template: Template, to: Sequence[Addressee], now: datetime
) -> list[JobPlanned]:
    """Write one job per addressee and channel that has none yet, and state it; return what was stated."""
    wanted = [(one, channel) for one in to for channel in plan.channels]
    with connection.cursor() as sql:
        sql.execute(
            INSERT_SQL,
            {
                "event": event.id,
                "template": template.code,
                "category": template.category,
                "urgent": template.is_urgent,
                "context": msgspec.json.encode(plan.context).decode(),
                "due": now + timedelta(seconds=LOST_COPY_SECONDS),
                "ids": [new_id() for _ in wanted],
                "recipients": [one.recipient_id for one, _ in wanted],
                "channels": [channel for _, channel in wanted],
                "locales": [one.locale for one, _ in wanted],
            },
        )
        inserted = sql.fetchall()
    user_ids = {one.recipient_id: one.user_id for one in to}
    facts = [
        JobPlanned(
            job_id=job_id,
            user_id=user_ids[recipient_id],
            event_id=event.event_id,
            event_type=event.event_type,
            template_code=template.code,
            channel=channel,
            category=template.category,
        )
        for job_id, recipient_id, channel in inserted
    ]
    record_facts(list(facts))
    return facts
