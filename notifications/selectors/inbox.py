"""Reads of the inbox."""

from uuid import UUID

from django.db import connection

from notifications.models import InboxItem, Recipient
from notifications.models.inbox_item import InboxItemQuerySet

LIVE_UNREAD_SQL = """
    SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint,
           (SELECT count(*) FROM notifications_inboxitem AS item
            JOIN notifications_recipient AS recipient ON recipient.id = item.recipient_id
            WHERE recipient.kind = 'user' AND recipient.external_id = %s AND item.read_at IS NULL)
"""


def list_inbox(*, user_id: UUID) -> InboxItemQuerySet:
    """Return the user's inbox."""
    return InboxItem.objects.filter(recipient__kind=Recipient.Kind.USER, recipient__external_id=user_id)


def count_unread(*, user_id: UUID) -> int:
    """Return how many items of the inbox the user hasn't read."""
    return list_inbox(user_id=user_id).unread().count()


def get_live_unread(*, user_id: UUID) -> tuple[int, int]:
    """Return the time of the statement by the database's clock, in microseconds, and the count of unread items then."""
    with connection.cursor() as sql:
        sql.execute(LIVE_UNREAD_SQL, [user_id])
        version, unread = sql.fetchone()
    return version, unread
