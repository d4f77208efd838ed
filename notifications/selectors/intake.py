"""Reads of events and their jobs."""

from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from common.problems import NotFound
from notifications.models import NotificationEvent, NotificationJob, ServiceSource


def list_sources_of(*, account_id: Any) -> list[str]:
    """Return the sources that a service's account may speak for."""
    return sorted(ServiceSource.objects.filter(account_id=account_id).values_list("source", flat=True))


def list_granted_sources() -> set[str]:
    """Return the sources for which any service may speak."""
    return set(ServiceSource.objects.values_list("source", flat=True))


def get_event(*, sources: list[str], event_id: UUID) -> NotificationEvent:
    """Return an event of the caller's sources; of several the newest.

    Raises:
        NotFound: there is none.
    """
    event = NotificationEvent.objects.from_sources(sources).filter(event_id=event_id).order_by("-received_at").first()
    if event is None:
        raise NotFound()
    return event


def list_events(*, keys: list[tuple[str, UUID]]) -> QuerySet[NotificationEvent]:
    """Return the events that are stored under these sources and ids."""
    ids_by_source: dict[str, list[UUID]] = {}
    for source, event_id in keys:
        ids_by_source.setdefault(source, []).append(event_id)
    wanted = [Q(source=source, event_id__in=ids) for source, ids in ids_by_source.items()]
    return NotificationEvent.objects.filter(reduce(or_, wanted))


def list_jobs(*, sources: list[str]) -> QuerySet[NotificationJob]:
    """Return the jobs of the caller's events."""
    return NotificationJob.objects.of_sources(sources).select_related("event", "recipient")


def count_jobs_by_status(*, event: NotificationEvent, reason: str | None = None) -> dict[str, int]:
    """Return how many of an event's jobs (with that reason) stand where."""
    jobs = NotificationJob.objects.filter(event=event)
    if reason is not None:
        jobs = jobs.filter(reason=reason)
    counted = jobs.order_by().values_list("status").annotate(Count("id"))
    return dict(counted)
