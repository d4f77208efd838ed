"""Write the jobs of a page of an audience and state each of them, in one statement that the recipients never leave."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import QuerySet

from bus.services.record_fact import fact_insert_sql
from bus.wakeup import wake_after_commit
from common.request_ids import current_request_id
from common.transactions import requires_transaction
from notifications.domain_events import JobPlanned
from notifications.event_types.registry import Plan
from notifications.models import NotificationEvent, Recipient, Template
from notifications.services.insert_jobs import LOST_COPY_SECONDS

# The payload has the members of JobPlanned; a test compares.
PAGE_SQL = """
    WITH page AS MATERIALIZED ({page}),
    inserted AS (
        INSERT INTO notifications_notificationjob
            (id, event_id, recipient_id, channel, locale, template_code, category, is_urgent, context, status, attempts,
             next_attempt_at, reached, provider, provider_message_id, reason, last_error, decisions)
        SELECT uuidv7(), %s, page.id, channel, page.locale, %s, %s, %s, %s::jsonb, 'planned', 0, %s, '[]', '', '', '',
               '', '[]'
        FROM page CROSS JOIN {channels} ORDER BY page.id
        ON CONFLICT ON CONSTRAINT notifications_job_once DO NOTHING
        RETURNING id, recipient_id, channel
    ),
    facts AS (
        SELECT page.external_id::text AS key, json_build_object(
                   'job_id', inserted.id, 'user_id', page.external_id, 'event_id', %s::uuid, 'event_type', %s::text,
                   'template_code', %s::text, 'channel', inserted.channel, 'category', %s::text)::text AS payload
        FROM inserted JOIN page ON page.id = inserted.recipient_id
    ),
    stated AS ({facts})
    SELECT (SELECT count(*) FROM page), (SELECT id FROM page ORDER BY id DESC LIMIT 1), (SELECT count(*) FROM inserted)
"""
CHANNELS_SQL = "unnest(%s::text[]) AS channel"
# With those at which the member can be reached.
MORE_CHANNELS_SQL = """LATERAL (
            SELECT unnest(%s::text[]) AS channel
            UNION
            SELECT contact.channel FROM notifications_contactpoint AS contact
            WHERE contact.recipient_id = page.id AND contact.switched_off_at IS NULL
                  AND contact.channel = ANY (%s::text[])
        ) AS one"""


@dataclass(frozen=True, kw_only=True)
class Page:
    """How many recipients a page had, the last of them, and how many jobs were new."""

    recipients: int
    last_recipient_id: UUID | None
    jobs: int


@requires_transaction
def insert_audience_jobs(
    *, event: NotificationEvent, plan: Plan, template: Template, members: QuerySet[Recipient], now: datetime
) -> Page:
    """Write one job per member (ordered by id, cut to a page) and channel that has none yet, and state it."""
    page_sql, page_params = members.values("id", "external_id", "locale").query.sql_with_params()
    facts_sql, facts_params = fact_insert_sql(JobPlanned, rows="facts", request_id=current_request_id())
    context = msgspec.json.encode(plan.context).decode()
    due = now + timedelta(seconds=LOST_COPY_SECONDS)
    category = plan.category or template.category
    # No mailing is urgent: it would break into quiet hours.
    is_urgent = template.is_urgent and plan.category is None
    job: list[Any] = [event.id, template.code, category, is_urgent, context, due, list(plan.channels)]
    if plan.if_reachable:
        job.append(list(plan.if_reachable))
    fact: list[Any] = [event.event_id, event.event_type, template.code, category]
    with connection.cursor() as sql:
        channels_sql = MORE_CHANNELS_SQL if plan.if_reachable else CHANNELS_SQL
        sql.execute(
            PAGE_SQL.format(page=page_sql, facts=facts_sql, channels=channels_sql),
            [*page_params, *job, *fact, *facts_params],
        )
        recipients, last_id, jobs = sql.fetchone()
    wake_after_commit("relay")
    return Page(recipients=recipients, last_recipient_id=last_id, jobs=jobs)
