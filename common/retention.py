"""How long things are kept: each app says so in its `retention.py`, and one job removes what is past its time.

The table in docs/limits.md shows every rule; a test holds the two together.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import QuerySet
from prometheus_client import Counter

from common.transactions import use_case

log = structlog.get_logger(__name__)

# A transaction of this size is over in a moment: a long one would hold back every reader of the outbox.
BATCH = 5_000
# What is left after so many is for the next run: other jobs wait in the same queue.
MOST_BATCHES = 1_000
REMOVED = Counter("retention_rows_removed_total", "Rows removed because their time was over.", ["rule"])


@dataclass(frozen=True, kw_only=True)
class Retention:
    """Something that is removed after a time; `rows(limit)` are those that may go, when `limit` is that long ago."""

    name: str
    kept: timedelta
    rows: Callable[[datetime], QuerySet[Any]]


class KeptTwice(RuntimeError):
    """Two rules have one name."""


class RetentionFailed(RuntimeError):
    """Some rules could not be carried out; the log says why, the others were."""


RETENTION: dict[str, Retention] = {}


def keep(name: str, *, kept: timedelta) -> Callable[..., Any]:
    """Declare a rule: `@keep("bus.inbox", kept=timedelta(days=8))` above a function that returns the rows."""

    def declare(rows: Callable[[datetime], QuerySet[Any]]) -> Callable[[datetime], QuerySet[Any]]:
        if name in RETENTION:
            raise KeptTwice(name)
        RETENTION[name] = Retention(name=name, kept=kept, rows=rows)
        return rows

    return declare


def remove_what_is_over(*, rules: Iterable[Retention], now: datetime) -> None:
    """Carry out the rules in their order, in short transactions; one that fails keeps no other from its work.

    Raises:
        RetentionFailed
    """
    failed = []
    for rule in rules:
        try:
            removed = _carry_out(rule, now - rule.kept)
        except Exception:
            log.exception("retention.failed", rule=rule.name)
            failed.append(rule.name)
        else:
            log.info("retention.done", rule=rule.name, removed=removed)
    if failed:
        raise RetentionFailed(", ".join(failed))


def _carry_out(rule: Retention, limit: datetime) -> int:
    rows, removed = rule.rows(limit), 0
    for _batch in range(MOST_BATCHES):
        with use_case():
            per_model = rows.model._base_manager.filter(pk__in=rows.values("pk")[:BATCH]).delete()[1]
        found = per_model.get(rows.model._meta.label, 0)
        REMOVED.labels(rule=rule.name).inc(found)
        removed += found
        if found < BATCH:
            break
    return removed
