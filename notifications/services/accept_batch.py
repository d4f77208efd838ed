"""Accept up to 500 events, each for itself: one that is refused leaves the others alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext

from common.api.exceptions import problem_body
from common.problems import FieldProblem, InvalidInput, Problem
from common.transactions import use_case
from notifications.envelope import LARGEST_BYTES, decode_json, read_event
from notifications.services.accept_event import accept_event

MOST = 500
LARGEST_BATCH_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ItemResult:
    """What the single intake would have answered."""

    index: int
    status: int
    answer: dict[str, Any]


def accept_batch(*, body: bytes, allowed_sources: Collection[str], now: datetime) -> list[ItemResult]:
    """Accept the events of an array, or of the member `events` of an object, each in a transaction of its own.

    Raises:
        InvalidInput: the body isn't such a list, is empty, or is too long.
    """
    if len(body) > LARGEST_BATCH_BYTES:
        raise InvalidInput(errors=(FieldProblem("", "too_large", gettext("A batch takes at most 5 MiB.")),))
    given = decode_json(body)
    documents = given.get("events") if isinstance(given, dict) and set(given) == {"events"} else given
    if not isinstance(documents, list) or not 1 <= len(documents) <= MOST:
        detail = gettext("Send an array of 1 to %d events.") % MOST
        raise InvalidInput(errors=(FieldProblem("", "invalid_value", detail),))
    return [_accept(index, document, allowed_sources, now) for index, document in enumerate(documents)]


def _accept(index: int, document: Any, allowed_sources: Collection[str], now: datetime) -> ItemResult:
    try:
        if len(msgspec.json.encode(document)) > LARGEST_BYTES:
            detail = gettext("An event takes at most 64 KiB.")
            raise InvalidInput(errors=(FieldProblem("", "too_large", detail),))
        event = read_event(document)
        with use_case():
            accepted = accept_event(event=event, allowed_sources=allowed_sources, now=now)
    except Problem as problem:
        return ItemResult(index=index, status=problem.status, answer=problem_body(problem))
    return ItemResult(index=index, status=202 if accepted.is_new else 200, answer=accepted.answer)
