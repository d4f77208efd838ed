"""Work an order off, event by event: each in a transaction of its own, that also writes what became of it.

So an event is done and marked, or neither. A worker that dies leaves the rest waiting; after its lease another one goes
on. Two workers on one order take turns at its row, and find each event waiting or settled.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext, override

from accounts.models import User
from common.problems import Problem
from common.transactions import use_case
from events.actors import ADMINISTERS, MODERATES, Actor
from events.models import BulkItem, BulkOperation
from events.services.archive_event import archive_event
from events.services.cancel_event import cancel_event
from events.services.change_prices import change_prices
from events.services.order_bulk_operation import LEASE
from events.services.publish_event import publish_event
from events.services.restore_event import restore_event
from events.services.suspend_event import suspend_event
from events.services.update_event import update_event

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Turn:
    """One event's turn: who acts, on what, when, and what the order says about it."""

    actor: Actor
    item: BulkItem
    now: datetime
    said: dict[str, Any]

    @property
    def of_actor(self) -> dict[str, Any]:
        return {"actor": self.actor, "event_id": self.item.event_id}

    @property
    def of_administrator(self) -> dict[str, Any]:
        return {"administrator": self.actor, "event_id": self.item.event_id}


STEPS: dict[str, Callable[[Turn], Any]] = {
    "publish": lambda turn: publish_event(**turn.of_actor, now=turn.now),
    "archive": lambda turn: archive_event(**turn.of_actor),
    "cancel": lambda turn: cancel_event(**turn.of_actor, **turn.said),
    "change_prices": lambda turn: change_prices(**turn.of_actor, **turn.said),
    "suspend": lambda turn: suspend_event(**turn.of_administrator, **turn.said),
    "restore": lambda turn: restore_event(**turn.of_administrator, now=turn.now),
    "update": lambda turn: update_event(
        **turn.of_actor, fields=turn.said, expected_version=turn.item.event.version, now=turn.now
    ),
}


def run_bulk_operation(*, operation_id: uuid.UUID, clock: Clock) -> int:
    """Go on until nothing waits or somebody stops the order; return how many events were settled."""
    settled = 0
    with use_case():
        if not _extend_lease(BulkOperation.objects.due(clock()).filter(id=operation_id), clock() + LEASE):
            return settled
    while (position := _settle_next(operation_id, clock)) is not None:
        settled += position >= 0
    return settled


def _settle_next(operation_id: uuid.UUID, clock: Clock) -> int | None:
    """Return the place of the event that was settled, or None when there is nothing more to do."""
    item: BulkItem | None = None
    try:
        with use_case():
            now = clock()
            running = BulkOperation.objects.filter(id=operation_id, status=BulkOperation.Status.RUNNING)
            if not _extend_lease(running, now + LEASE):
                return None
            item = _first_waiting(operation_id)
            if item is None:
                running.update(status=BulkOperation.Status.FINISHED, finished_at=now)
                return None
            _settle(item, BulkItem.Status.DONE, now=now)
            operation = item.operation
            STEPS[operation.action](Turn(_actor_of(operation), item, now, operation.parameters))
    except (OperationalError, InterfaceError):
        # The database went away, not the event's fault: the sweep goes on after the lease.
        raise
    except Exception as error:
        if item is None:
            raise
        _settle_unhappily(item, error, clock)
    return item.position


def _extend_lease(operations: Any, until: datetime) -> bool:
    return bool(operations.update(lease_expires_at=until))


def _first_waiting(operation_id: uuid.UUID) -> BulkItem | None:
    waiting = BulkItem.objects.filter(operation_id=operation_id, status=BulkItem.Status.PENDING)
    return waiting.select_related("operation__user", "event").order_by("position").first()


def _actor_of(operation: BulkOperation) -> Actor:
    """Return who ordered it, with the rights that they have now."""
    user: User = operation.user
    is_staff = operation.by_administrator and user.is_active and user.is_staff
    return Actor(
        user_id=user.pk if user.is_active else None,
        administers=is_staff and user.has_perm(ADMINISTERS),
        moderates=is_staff and user.has_perm(MODERATES),
    )


def _settle(item: BulkItem, status: str, *, now: datetime, **result: Any) -> None:
    waiting = BulkItem.objects.filter(id=item.id, status=BulkItem.Status.PENDING)
    waiting.update(status=status, settled_at=now, **result)


def _settle_unhappily(item: BulkItem, error: Exception, clock: Clock) -> None:
    """Write down why not; the step itself was undone with its transaction."""
    if not isinstance(error, Problem):
        log.error("bulk_item.failed", operation_id=str(item.operation_id), event_id=str(item.event_id), exc_info=error)
        with use_case():
            _settle(item, BulkItem.Status.FAILED, now=clock(), code="failed", detail=type(error).__name__)
        return
    sentences = _said_in_each_language(error)
    with use_case():
        _settle(item, BulkItem.Status.REFUSED, now=clock(), code=error.code, sentences=sentences)


def _said_in_each_language(refusal: Problem) -> dict[str, str]:
    """Return the sentences by language: a worker doesn't know in which of them they will be read."""
    told = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            wrong = "; ".join(str(one.detail) for one in refusal.errors)
            told[language] = wrong or str(refusal.detail) or gettext(refusal.title)
    return told
