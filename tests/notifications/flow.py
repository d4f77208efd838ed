"""The way from a planned job to its channel, without the transports: the real outbox rows through the real consumers."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from bus.models import OutboxRow
from bus.services.consume_messages import consume_messages
from bus.services.produce_facts import cloud_event, headers_of
from bus.subscriptions import CONSUMERS, Message
from notifications.models import NotificationEvent, NotificationJob
from notifications.services.deliver_jobs import deliver_jobs
from notifications.tasks import plan_audience


def copies_of_jobs() -> list[Message]:
    """Return what Kafka would carry."""
    rows = OutboxRow.objects.filter(topic="notification.jobs").order_by("id")
    return [
        Message(
            topic=row.topic,
            partition=0,
            offset=row.id,
            key=row.key,
            value=cloud_event(row),
            headers=headers_of(row),
            id=str(row.fact_id),
        )
        for row in rows
    ]


def consume(name: str, messages: list[Message]) -> list[tuple[Message, str]]:
    return consume_messages(consumer=CONSUMERS[f"notifications.{name}"], messages=messages)


def plan_audiences() -> None:
    """Walk every audience that is being planned."""
    for event in NotificationEvent.objects.planning():
        plan_audience(str(event.id))


def deliver_everything(*, now: datetime | None = None) -> None:
    """Plan audiences, bring planned jobs to the workers, and let one send what is ready."""
    plan_audiences()
    assert consume("consume_planned_jobs", copies_of_jobs()) == []
    send(list(NotificationJob.objects.unfinished().values_list("id", flat=True)), now=now)


def send(job_ids: list[UUID], *, now: datetime | None = None) -> int:
    return deliver_jobs(job_ids=job_ids, clock=lambda: now or timezone.now(), jitter=lambda: 0.5)


class Clock:
    """Seconds since the epoch that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
