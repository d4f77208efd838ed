"""Put messages into people's inboxes on the site, each once per job, and show them where a page is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from common.ids import new_id
from common.transactions import requires_transaction
from notifications.live import show_after_commit
from notifications.models import Recipient
from notifications.rendering.message import Message

INSERT_SQL = """
    INSERT INTO notifications_inboxitem (id, recipient_id, job_id, title, text, link)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[])
    ON CONFLICT (job_id) DO NOTHING
    RETURNING recipient_id
"""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """The message of a job, for its recipient."""

    job_id: UUID
    recipient: Recipient
    message: Message


@requires_transaction
def put_into_inbox(*, delivered: Sequence[Delivered]) -> int:
    """Return how many items are new."""
    if not delivered:
        return 0
    with connection.cursor() as sql:
        sql.execute(
            INSERT_SQL,
            [
                [new_id() for _ in delivered],
                [one.recipient.id for one in delivered],
                [one.job_id for one in delivered],
                [one.message.subject for one in delivered],
                [one.message.text for one in delivered],
                [one.message.link for one in delivered],
            ],
        )
        reached = {recipient_id for (recipient_id,) in sql.fetchall()}
        count = sql.rowcount
    show_after_commit(user_ids={one.recipient.external_id for one in delivered if one.recipient.id in reached})
    return count
