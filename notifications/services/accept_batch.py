"""Accept up to 500 events in one transaction; one that is refused leaves the others alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext

from common.api.exceptions import problem_body
from common.problems import FieldProblem, InvalidInput, Problem
from common.transactions import requires_transaction
from notifications.envelope import LARGEST_BYTES, ExternalEvent, decode_json, read_event
from notifications.services.accept_events import accept_events

MOST = 500
LARGEST_BATCH_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ItemResult:
    """What the single intake would have answered."""

    index: int
    status: int
    answer: dict[str, Any]


@requires_transaction
def accept_batch(*, body: bytes, allowed_sources: Collection[str], now: datetime) -> list[ItemResult]:
    """Accept the events of an array, or of the member `events` of an object.

    Raises:
        InvalidInput: the body isn't such a list, is empty, or is too long.
    """
    results: dict[int, ItemResult] = {}
    readable: list[tuple[int, ExternalEvent]] = []
    for index, document in enumerate(_documents(body)):
        try:
            readable.append((index, _read(document, now)))
        except Problem as problem:
            results[index] = _refused(index, problem)
    accepted = accept_events(events=[event for _, event in readable], allowed_sources=allowed_sources, now=now)
    for (index, _), result in zip(readable, accepted, strict=True):
        if isinstance(result, Problem):
            results[index] = _refused(index, result)
        else:
            results[index] = ItemResult(index=index, status=202 if result.is_new else 200, answer=result.answer)
    return [results[index] for index in sorted(results)]


def _documents(body: bytes) -> list[Any]:
    if len(body) > LARGEST_BATCH_BYTES:
        raise InvalidInput(errors=(FieldProblem("", "too_large", gettext("A batch takes at most 5 MiB.")),))
    given = decode_json(body)
    documents = given.get("events") if isinstance(given, dict) and set(given) == {"events"} else given
    if not isinstance(documents, list) or not 1 <= len(documents) <= MOST:
        detail = gettext("Send an array of 1 to %d events.") % MOST
        raise InvalidInput(errors=(FieldProblem("", "invalid_value", detail),))
    return documents


def _read(document: Any, now: datetime) -> ExternalEvent:
    if len(msgspec.json.encode(document)) > LARGEST_BYTES:
        raise InvalidInput(errors=(FieldProblem("", "too_large", gettext("An event takes at most 64 KiB.")),))
    return read_event(document, now=now)


def _refused(index: int, problem: Problem) -> ItemResult:
    return ItemResult(index=index, status=problem.status, answer=problem_body(problem))
