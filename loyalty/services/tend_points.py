"""Do what the clock asks for, batch by batch: activate, expire, warn, lower levels.

A batch that fails is cut in half and tried again, down to one row, so that a bad one stops nobody else. It is told to
Prometheus and to the log, left as it is, and tried again the next time. More bad rows than a handful are no longer bad
rows but a fault of something else, which is raised.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db.models import QuerySet

from common.transactions import use_case
from loyalty.metrics import CHORES_FAILED
from loyalty.models import Customer, Lot
from loyalty.services.activate_lots import activate_lots
from loyalty.services.expire_lots import expire_lots
from loyalty.services.move_levels import lower_levels
from loyalty.services.plan_for_lots import BATCH
from loyalty.services.warn_of_expiry import warn_of_expiry

log = structlog.get_logger(__name__)

MOST_BATCHES = 50
MOST_BAD = 50
Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Chore:
    """What is due, and what does it to rows of these ids in one transaction."""

    name: str
    due: Callable[[datetime], QuerySet[Any]]
    do: Callable[..., int]


CHORES = (
    Chore(name="activate_lots", due=Lot.objects.ripe, do=activate_lots),
    Chore(name="expire_lots", due=Lot.objects.expired, do=expire_lots),
    Chore(name="warn_of_expiry", due=Lot.objects.expiring, do=warn_of_expiry),
    Chore(name="lower_levels", due=Customer.objects.level_over, do=lower_levels),
)


def tend_points(*, clock: Clock) -> None:
    """Open the transactions of every chore. One that fails as a whole leaves the others their turn.

    Raises:
        ExceptionGroup: of the chores that failed.
    """
    failures = []
    for chore in CHORES:
        try:
            _tend(chore, clock())
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup("chores of loyalty have failed", failures)


def _tend(chore: Chore, now: datetime) -> None:
    bad: list[uuid.UUID] = []
    for _batch in range(MOST_BATCHES):
        due = chore.due(now).exclude(id__in=bad)
        ids = list(due.values_list("id", flat=True)[:BATCH])
        if not ids:
            return
        _do(chore, ids, now, bad)


def _do(chore: Chore, ids: list[uuid.UUID], now: datetime, bad: list[uuid.UUID]) -> None:
    """Do it to all of them; add to `bad` those to which it can't be done.

    Raises:
        Exception: the last one, when there are too many of them.
    """
    try:
        with use_case():
            chore.do(now=now, ids=ids)
    except Exception as error:
        if len(ids) == 1:
            bad += ids
            CHORES_FAILED.labels(chore=chore.name).inc()
            log.exception("loyalty.chore.failed", chore=chore.name, row=str(ids[0]))
            if len(bad) > MOST_BAD:
                raise
            return
        log.warning("loyalty.chore.batch_failed", chore=chore.name, rows=len(ids), error=type(error).__name__)
        middle = len(ids) // 2
        for part in (ids[:middle], ids[middle:]):
            _do(chore, part, now, bad)
