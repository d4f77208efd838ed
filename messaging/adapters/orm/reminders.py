"""Reminders: who is away and has not seen for a while what was written is told once, through notifications."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.models import User
from bus.services.record_fact import record_facts
from common.transactions import requires_transaction
from messaging.domain_events import MessagesUnread
from messaging.models.message import COMMANDS

# Conversations that have been silent for longer remind nobody any more.
LOOKED_BACK = timedelta(days=1)
AT_ONCE = 500
# More than so many aren't counted.
MOST_COUNTED = 100

# One reminder until the member has read: `reminded_seq` behind the cursor says that none stands.
# A handle has letters, digits and underscores only, so it means itself in an expression.
LATE = """
    SELECT membership.id, user_id, conversation.id, title, unread.number, unread.last_seq,
           coalesce(unread.mentioned_by, unread.sender_id), unread.mentioned_by IS NOT NULL
    FROM messaging_conversation AS conversation
    JOIN messaging_membership AS membership ON membership.conversation_id = conversation.id
    JOIN accounts_user AS member ON member.id = user_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, max(seq) AS last_seq, min(at) AS first_at,
               (array_agg(sender_id ORDER BY seq DESC))[1] AS sender_id,
               (array_agg(sender_id ORDER BY seq DESC) FILTER (
                   WHERE member.handle <> '' AND words ~* ('(^|[^a-z0-9_])@' || member.handle || '($|[^a-z0-9_])')
               ))[1] AS mentioned_by
        FROM (SELECT seq, at, sender_id, body ->> 'text' AS words FROM messaging_message AS message
              WHERE message.conversation_id = conversation.id AND seq > read_seq AND at >= joined_at
                AND sender_id <> user_id AND deleted_at IS NULL AND kind <> ALL(%(commands)s)
              ORDER BY seq LIMIT %(counted)s) AS message
    ) AS unread
    WHERE conversation.changed_at >= %(since)s AND left_at IS NULL AND NOT is_muted AND NOT has_blocked
      AND conversation.last_seq > read_seq AND reminded_seq <= read_seq AND unread.first_at <= %(until)s
      AND membership.id > %(after)s
    ORDER BY membership.id LIMIT %(limit)s
"""
NOTE = """
    UPDATE messaging_membership AS membership SET reminded_seq = seen.last_seq
    FROM unnest(%s::uuid[], %s::bigint[]) AS seen (id, last_seq)
    WHERE membership.id = seen.id AND left_at IS NULL AND reminded_seq <= read_seq AND read_seq < seen.last_seq
    RETURNING membership.id
"""


@dataclass(frozen=True, slots=True)
class Late:
    """What a member has not seen; the sender is whoever wrote last, or whoever last named the member by their handle."""

    membership_id: uuid.UUID
    user_id: uuid.UUID
    conversation_id: uuid.UUID
    title: str
    unread: int
    last_seq: int
    sender_id: uuid.UUID
    is_mentioned: bool


def find_late(*, after: uuid.UUID, delay: timedelta, now: datetime) -> list[Late]:
    """Return members who were not reminded of what has been unread for longer than `delay`, by membership from `after`."""
    parameters: dict[str, Any] = {
        "commands": COMMANDS,
        "counted": MOST_COUNTED,
        "since": now - LOOKED_BACK,
        "until": now - delay,
        "after": after,
        "limit": AT_ONCE,
    }
    with connection.cursor() as sql:
        sql.execute(LATE, parameters)
        return [Late(*row) for row in sql.fetchall()]


@requires_transaction
def remind(*, late: Sequence[Late], there: Collection[uuid.UUID]) -> int:
    """State what those who are away have not seen; return how many. Who has read it meanwhile is left alone."""
    away = [one for one in late if one.user_id not in there]
    if not away:
        return 0
    with connection.cursor() as sql:
        sql.execute(NOTE, [[one.membership_id for one in away], [one.last_seq for one in away]])
        noted = {row[0] for row in sql.fetchall()}
    reminded = [one for one in away if one.membership_id in noted]
    names = {
        user.pk: user.public_name for user in User.objects.filter(id__in={one.sender_id for one in reminded}).order_by()
    }
    record_facts([fact_of(one, names.get(one.sender_id, "")) for one in reminded])
    return len(reminded)


def fact_of(one: Late, sender_name: str) -> MessagesUnread:
    return MessagesUnread(
        user_id=one.user_id,
        conversation_id=one.conversation_id,
        title=one.title or sender_name,
        sender_name=sender_name,
        unread=one.unread,
        last_seq=one.last_seq,
        is_mentioned=one.is_mentioned,
    )
