"""Write the jobs of plans for single people and state each of them: any number of events in two statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import connection

from bus.services.record_fact import record_facts
from common.ids import new_id
from common.request_ids import current_request_id
from common.transactions import requires_transaction
from notifications.domain_events import JobPlanned
from notifications.event_types.registry import Plan
from notifications.models import Template
from notifications.services.know_recipients import Addressee

# A copy that hasn't come back from Kafka by then is no longer waited for.
LOST_COPY_SECONDS = 30

INSERT_SQL = """
    INSERT INTO notifications_notificationjob
        (id, event_id, recipient_id, channel, locale, template_code, category, is_urgent, context, status, attempts,
         next_attempt_at, reached, provider, provider_message_id, reason, last_error, decisions)
    SELECT row.id, row.event_id, row.recipient_id, row.channel, row.locale, row.template_code, row.category,
           row.is_urgent, row.context::jsonb, CASE WHEN row.not_before > %(now)s THEN 'deferred' ELSE 'planned' END, 0,
           CASE WHEN row.not_before > %(now)s THEN row.not_before ELSE %(due)s END, '[]', '', '',
           CASE WHEN row.not_before > %(now)s THEN 'not_before' ELSE '' END, '', '[]'
    FROM unnest(%(ids)s::uuid[], %(events)s::uuid[], %(recipients)s::uuid[], %(channels)s::text[], %(locales)s::text[],
                %(templates)s::text[], %(categories)s::text[], %(urgent)s::bool[], %(contexts)s::text[],
                %(not_before)s::timestamptz[])
         AS row (id, event_id, recipient_id, channel, locale, template_code, category, is_urgent, context, not_before)
    ON CONFLICT ON CONSTRAINT notifications_job_once DO NOTHING
    RETURNING id
"""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The message of one event to one person: a job per channel."""

    event_row_id: UUID
    event_id: UUID
    event_type: str
    plan: Plan
    template: Template
    to: Addressee
    request_id: str = field(default_factory=current_request_id)


@requires_transaction
def insert_jobs(*, wanted: Sequence[Wanted], now: datetime) -> list[JobPlanned]:
    """Write one job per person and channel that has none yet, and state it; return what was stated."""
    rows = [(new_id(), one, channel) for one in wanted for channel in one.plan.channels]
    if not rows:
        return []
    contexts = {id(one): msgspec.json.encode(one.plan.context).decode() for one in wanted}
    with connection.cursor() as sql:
        sql.execute(
            INSERT_SQL,
            {
                "now": now,
                "not_before": [one.plan.not_before for _, one, _ in rows],
                "due": now + timedelta(seconds=LOST_COPY_SECONDS),
                "ids": [job_id for job_id, _, _ in rows],
                "events": [one.event_row_id for _, one, _ in rows],
                "recipients": [one.to.recipient_id for _, one, _ in rows],
                "channels": [channel for _, _, channel in rows],
                "locales": [one.to.locale for _, one, _ in rows],
                "templates": [one.template.code for _, one, _ in rows],
                "categories": [one.plan.category or one.template.category for _, one, _ in rows],
                "urgent": [one.template.is_urgent for _, one, _ in rows],
                "contexts": [contexts[id(one)] for _, one, _ in rows],
            },
        )
        inserted = {job_id for (job_id,) in sql.fetchall()}
    stated = [(_fact(job_id, one, channel), one.request_id) for job_id, one, channel in rows if job_id in inserted]
    record_facts([fact for fact, _ in stated], request_ids=[request_id for _, request_id in stated])
    return [fact for fact, _ in stated]


def _fact(job_id: UUID, wanted: Wanted, channel: str) -> JobPlanned:
    return JobPlanned(
        job_id=job_id,
        user_id=wanted.to.user_id,
        event_id=wanted.event_id,
        event_type=wanted.event_type,
        template_code=wanted.template.code,
        channel=channel,
        category=wanted.plan.category or wanted.template.category,
    )
