"""What the messenger does by the clock."""

from datetime import timedelta
from uuid import UUID

import structlog
from celery import shared_task
from celery.schedules import crontab
from django.conf import settings
from django.utils import timezone

from common.transactions import use_case
from messaging.adapters.orm.attachments import collect_unused, tidy_up
from messaging.adapters.orm.cutting import cut_history, find_overdue
from messaging.adapters.orm.reminders import AT_ONCE, find_late, remind
from messaging.adapters.redis.looking import people_there

SCHEDULE = {
    "messaging.collect_files": crontab(minute="43"),
    "messaging.remind_of_unread": 60.0,
    "messaging.cut_history": crontab(hour="3", minute="17"),
}
FIRST = UUID(int=0)

log = structlog.get_logger(__name__)


@shared_task(name="messaging.collect_files", queue="bulk")
def collect_files(**_: object) -> None:
    """End slots that were never used, and remove files that nobody may see any more."""
    with use_case():
        files = collect_unused(now=timezone.now())
    tidy_up(files=files)


@shared_task(name="messaging.remind_of_unread", queue="notifications")
def remind_of_unread(**_: object) -> None:
    """State what people who are away have not seen for a while."""
    now, delay = timezone.now(), timedelta(seconds=settings.CHAT_REMINDER_SECONDS)
    after, found = FIRST, AT_ONCE
    while found == AT_ONCE:
        late = find_late(after=after, delay=delay, now=now)
        found = len(late)
        if not late:
            break
        after = late[-1].membership_id
        there = people_there({one.user_id for one in late})
        with use_case():
            remind(late=late, there=there)


@shared_task(name="messaging.cut_history", queue="bulk")
def cut_histories(**_: object) -> None:
    """Remove messages that are older than CHAT_KEPT_DAYS, if it is set; a transaction per conversation."""
    if not settings.CHAT_KEPT_DAYS:
        return
    now = timezone.now()
    limit, after, removed = now - timedelta(days=settings.CHAT_KEPT_DAYS), FIRST, 0
    while conversation_ids := find_overdue(limit=limit, after=after):
        after = conversation_ids[-1]
        for conversation_id in conversation_ids:
            with use_case():
                removed += cut_history(conversation_id=conversation_id, limit=limit, now=now)
    if removed:
        log.info("messaging.history_cut", removed=removed)
