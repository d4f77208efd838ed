"""Orders for many events: how far they are."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from common.problems import NotFound
from events.actors import Actor
from events.models import BulkItem, BulkOperation, Event
from events.models.lifecycle import EDITABLE, TRANSITIONS


def get_bulk_operation(*, actor: Actor, operation_id: uuid.UUID) -> BulkOperation:
    """Return an order of the actor's, or any for an administrator. What staff have ordered is theirs only as such.

    Raises:
        NotFound: there is none.
    """
    operations = BulkOperation.objects.filter(id=operation_id)
    if actor.user_id is None:
        raise NotFound
    if not actor.administers:
        operations = operations.filter(user_id=actor.user_id)
        if not actor.moderates:
            operations = operations.filter(by_administrator=False)
    operation = operations.first()
    if operation is None:
        raise NotFound
    return operation


def find_bulk_operation(*, operation_id: uuid.UUID) -> BulkOperation | None:
    """Return the order of this id, if it was written."""
    return BulkOperation.objects.filter(id=operation_id).first()


def list_bulk_items(*, operation_id: uuid.UUID) -> QuerySet[BulkItem]:
    """Return the order's events with what became of each."""
    return BulkItem.objects.filter(operation_id=operation_id).select_related("event").order_by("position")


def list_due_bulk_operations(*, now: datetime) -> list[uuid.UUID]:
    """Return running orders that nobody is at work on. Uses index events_bulk_operation_due."""
    return list(BulkOperation.objects.due(now).order_by("lease_expires_at").values_list("id", flat=True)[:20])


@dataclass(frozen=True)
class Progress:
    """How many events of an order wait, and what became of the others."""

    total: int
    pending: int
    done: int
    refused: int
    failed: int

    @property
    def percent(self) -> int:
        return 100 if not self.total else (self.total - self.pending) * 100 // self.total


def progress_of(*, operation_id: uuid.UUID) -> Progress:
    """Count the order's events by what became of them."""
    counted = BulkItem.objects.filter(operation_id=operation_id).values_list("status").annotate(Count("id"))
    by_status = {str(status): count for status, count in counted}
    counts = [by_status.get(status, 0) for status in ("pending", "done", "refused", "failed")]
    return Progress(sum(counts), *counts)


def list_following(*, event: Event) -> list[uuid.UUID]:
    """Return the event and those after it in its series."""
    if event.series_id is None:
        return [event.id]
    following = Event.objects.filter(series_id=event.series_id, series_position__gte=event.series_position)
    return list(following.order_by("series_position").values_list("id", flat=True))


def list_planned_event_ids(*, operation_id: uuid.UUID) -> list[uuid.UUID]:
    """Return which events an order names, in its order."""
    items = BulkItem.objects.filter(operation_id=operation_id).order_by("position")
    return list(items.values_list("event_id", flat=True))


def count_out_of_reach(*, event_ids: Sequence[uuid.UUID], action: str) -> int:
    """Return how many of the events a step will be refused for by their status."""
    steps = {one.source for one in TRANSITIONS if one.action == action} or set(EDITABLE)
    return Event.objects.filter(id__in=event_ids).exclude(status__in=steps).count()
