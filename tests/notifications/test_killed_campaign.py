"""A campaign whose worker is killed (-9) ten times on its way: nobody is left out, nobody is told twice."""

import os
import random
import signal
import time
from collections import Counter
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from common.transactions import use_case
from notifications.models import ContactPoint, InboxItem, NotificationEvent, NotificationJob, Recipient
from notifications.services import plan_audience_page as walk
from notifications.services.deliver_jobs import deliver_jobs
from notifications.services.plan_audience_page import plan_audience_page
from notifications.services.queue_jobs import queue_jobs
from notifications.services.requeue_due_jobs import requeue_due_jobs
from notifications.services.start_campaign import start_campaign
from tests.factories.notifications import make_segment
from tests.notifications.conftest import MailServer
from tests.notifications.test_campaigns import make_campaign

AUDIENCE = 100_000 if os.environ.get("SCALE") == "full" else 300
KILLS, PLANNING_KILLS = 10, 3
# Longer than a lease and than a lost task: what the dead worker has left behind is due.
BETWEEN_LIVES = timedelta(seconds=90)


def live(event_id: object, life: int) -> None:
    """Do all that workers, the consumer and the sweep do, until nothing is left or somebody kills this process."""
    connections.close_all()

    def clock() -> datetime:
        return timezone.now() + life * BETWEEN_LIVES

    def plan() -> bool:
        with use_case():
            return plan_audience_page(event_id=event_id, now=clock()).goes_on  # type: ignore[arg-type]

    while plan():
        pass
    while True:
        with use_case():
            requeue_due_jobs(now=clock())
        planned = list(NotificationJob.objects.filter(status="planned").values_list("id", flat=True)[:500])
        with use_case():
            queue_jobs(job_ids=planned, now=clock())
        queued = list(NotificationJob.objects.filter(status="queued").values_list("id", flat=True)[:50])
        if not queued and not planned:
            return
        deliver_jobs(job_ids=queued, clock=clock, jitter=random.random)


def kill_on_its_way(worker: Any, event: NotificationEvent, mail_server: MailServer, life: int) -> None:
    """Kill the first lives while they plan and the others while they send: each when it has come a step further."""

    def has_come() -> bool:
        if life < PLANNING_KILLS:
            event.refresh_from_db()
            return event.recipients_planned > AUDIENCE * life // (PLANNING_KILLS + 1)
        return len(mail_server.mails) > AUDIENCE * (life - PLANNING_KILLS) // (KILLS - PLANNING_KILLS + 1)

    while not has_come():
        assert worker.is_alive(), f"life {life} was over before its time: {worker.exitcode}"
        time.sleep(0.001)
    os.kill(worker.pid, signal.SIGKILL)


@pytest.mark.django_db(transaction=True)
def test_tells_everybody_once(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "PAGE", max(20, AUDIENCE // 100))
    people = [
        Recipient(external_id=f"00000000-0000-7000-8000-{number:012}", marketing_consent_at=timezone.now())
        for number in range(AUDIENCE)
    ]
    Recipient.objects.bulk_create(people, batch_size=5000)
    ContactPoint.objects.bulk_create(
        [
            ContactPoint(recipient=one, channel="email", address=f"p{number}@example.com")
            for number, one in enumerate(people)
        ],
        batch_size=5000,
    )
    campaign = make_campaign(channels=["email", "in_app"], segment=make_segment(), canary_percent=0)
    with use_case():
        event = start_campaign(campaign=campaign, actor_id=None, now=timezone.now())
    ends = []

    for life in range(KILLS + 1):
        connections.close_all()
        worker = get_context("fork").Process(target=live, args=(event.id, life))
        worker.start()
        if life < KILLS:
            kill_on_its_way(worker, event, mail_server, life)
        worker.join()
        ends.append(worker.exitcode)
        event.refresh_from_db()
        assert NotificationJob.objects.count() == event.jobs_planned == 2 * event.recipients_planned
        assert 0 <= event.progress_percent <= 100

    assert ends == [-signal.SIGKILL] * KILLS + [0]
    by_message = {mail["Message-ID"]: mail["To"] for mail in mail_server.mails}
    assert event.progress_percent == 100
    assert set(NotificationJob.objects.values_list("status", flat=True)) == {"sent", "delivered"}
    assert Counter(by_message.values()) == Counter(f"p{number}@example.com" for number in range(AUDIENCE))
    assert InboxItem.objects.values("recipient").distinct().count() == InboxItem.objects.count() == AUDIENCE
    # A kill repeats at most what had been sent and not yet been written down.
    assert len(mail_server.mails) - len(by_message) <= KILLS * 10
