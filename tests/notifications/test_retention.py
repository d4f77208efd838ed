from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from common.ids import first_id_at, new_id
from common.retention import RETENTION, remove_what_is_over
from notifications.models import InboxItem, NotificationEvent, NotificationJob, TelegramBot, TelegramLinkCode
from tests.factories.notifications import make_job, make_notification_event, make_recipient

pytestmark = pytest.mark.django_db
NOW = timezone.now()
RULES = [RETENTION["notifications.jobs"], RETENTION["notifications.events"]]


def old_id() -> UUID:
    return UUID(int=first_id_at(NOW - timedelta(days=181)).int + new_id().int % 2**62)


def finished(status: str) -> NotificationJob:
    job = make_job(id=old_id(), event=make_notification_event(id=old_id()))
    NotificationJob.objects.filter(pk=job.pk).update(status=status, finished_at=NOW, next_attempt_at=None)
    return job


class TestRetention:
    def test_removes_old_finished_jobs_with_their_inbox_and_then_their_events(self) -> None:
        job = finished("delivered")
        InboxItem.objects.create(recipient=job.recipient, job=job, title="t", text="t")

        remove_what_is_over(rules=RULES, now=NOW)

        assert not NotificationJob.objects.exists()
        assert not InboxItem.objects.exists()
        assert not NotificationEvent.objects.exists()

    def test_keeps_what_is_young_unfinished_or_dead(self) -> None:
        young, dead = make_job(), finished("dead")
        waiting = make_job(id=old_id(), event=make_notification_event(id=old_id()))

        remove_what_is_over(rules=RULES, now=NOW)

        assert set(NotificationJob.objects.all()) == {young, dead, waiting}
        assert NotificationEvent.objects.count() == 3

    def test_keeps_an_old_event_that_is_not_planned_yet(self) -> None:
        make_notification_event(id=old_id(), status="planning", next_attempt_at=NOW)

        remove_what_is_over(rules=RULES, now=NOW)

        assert NotificationEvent.objects.exists()

    def test_removes_codes_of_links_that_have_stopped_working(self) -> None:
        bot = TelegramBot.objects.create(username="bot", token="1:secret", webhook_secret="told")
        recipient = make_recipient()
        for hash_byte, age in ((b"1", timedelta(days=2)), (b"2", timedelta(0))):
            TelegramLinkCode.objects.create(code_hash=hash_byte, bot=bot, recipient=recipient, expires_at=NOW - age)

        remove_what_is_over(rules=[RETENTION["notifications.telegram_codes"]], now=NOW)

        assert bytes(TelegramLinkCode.objects.get().code_hash) == b"2"
