"""Work through stored webhooks: claim a batch, of however many projects, and accrue all of it in a few statements.

A batch that fails is cut in half and tried again, down to one webhook, so that a bad one holds nobody up. What fails is tried again with
growing pauses kept in the database, five times in all, then it is dead with its reason until somebody replays it.
"""

import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from common.problems import Problem
from common.transactions import requires_transaction, use_case, wait_for_locks_at_most
from loyalty.formats.reading import understand
from loyalty.formats.understood import Understood
from loyalty.metrics import WEBHOOKS_PROCESSED
from loyalty.models import Project, WebhookDelivery
from loyalty.models.copying import rows_found
from loyalty.services.accrue_purchases import CONFLICT, DUPLICATE, Record, accrue_side_by_side
from loyalty.services.claim_deliveries import MAX_ATTEMPTS, Claim, claim_deliveries, claim_delivery
from loyalty.services.refund_purchase import OrderUnknown, refund_purchase

log = structlog.get_logger(__name__)

FIRST_DELAY_SECONDS = 2.0
# A return may come before its purchase, which its shop may send again a minute later, or with the day's others at night.
WAITS_FOR_ORDER = timedelta(days=1)
LONGEST_PAUSE = timedelta(minutes=10)
UNREADABLE = "unreadable_order"
# So often a webhook is tried together with others: one that fails each time would have their work done twice each time.
TRIED_IN_COMPANY = 2
# About a thousand records; a single batch may be larger and then has a transaction of its own.
MOST_BYTES_AT_ONCE = 128 * 1024
# What a worker needs of a webhook.
READ = ("id", "project_id", "body", "headers", "status", "attempts")
Status = WebhookDelivery.Status
Clock = Callable[[], datetime]


class LeftForPeople(Problem):
    """An order came that nobody gets points for unless somebody looks; the detail is the reason's code."""

    code = "left_for_people"
    status = 422
    title = "Somebody has to look at this."


def process_deliveries(*, clock: Clock) -> int:
    """Open the transactions of one batch; return how many webhooks were claimed."""
    with use_case():
        claims = claim_deliveries(now=clock())
    for portion in _portions(claims):
        _process(portion, clock)
    return len(claims)


def process_now(*, delivery_id: uuid.UUID, clock: Clock, wait_seconds: int) -> list[dict[str, Any]] | None:
    """Process one webhook while its sender waits; return its outcomes, or None when a worker will have to do it.

    Raises:
        Problem: it is refused for good, and its sender still listens. Nothing holds its id then: sent again, it is judged again.
    """
    with use_case():
        claim = claim_delivery(delivery_id=delivery_id, now=clock())
    if claim is None:
        return None
    try:
        with use_case():
            wait_for_locks_at_most(wait_seconds)
            return apply_deliveries(claims=[claim], now=clock())[delivery_id]
    except Exception as error:
        _record_failure(claim, error, clock())
        if not _is_final(error):
            return None
        with use_case():
            WebhookDelivery.objects.filter(id=delivery_id, status=Status.DEAD).update(webhook_id="", claim=None)
        raise


def _portions(claims: Sequence[Claim]) -> Iterator[list[Claim]]:
    """Cut claims into transactions of about a thousand records; what has failed before comes last, each alone."""
    portion: list[Claim] = []
    weight = 0
    fresh = [one for one in claims if one.attempt <= TRIED_IN_COMPANY]
    for claim in fresh:
        if portion and weight + claim.size_bytes > MOST_BYTES_AT_ONCE:
            yield portion
            portion, weight = [], 0
        portion.append(claim)
        weight += claim.size_bytes
    if portion:
        yield portion
    yield from ([one] for one in claims if one.attempt > TRIED_IN_COMPANY)


def _process(claims: list[Claim], clock: Clock) -> None:
    try:
        with use_case():
            apply_deliveries(claims=claims, now=clock())
    except Exception as error:
        if len(claims) == 1:
            _record_failure(claims[0], error, clock())
            return
        log.warning("loyalty.webhook.batch_failed", webhooks=len(claims), error=type(error).__name__)
        middle = len(claims) // 2
        for part in (claims[:middle], claims[middle:]):
            _process(part, clock)


@requires_transaction
def apply_deliveries(*, claims: Sequence[Claim], now: datetime) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Do what the claimed webhooks bring; write down, and return, what each came to."""
    # Customers, orders and balances of a project are written by one worker at a time.
    projects = {one.id: one for one in Project.objects.filter(id__in={one.project_id for one in claims}).locked()}
    deliveries = _still_claimed(claims)
    meanings = [(one, understood_of(projects[one.project_id], one)) for one in deliveries]
    outcomes = _accrue(projects, meanings, now)
    for one, meaning in meanings:
        if meaning.needs_people:
            # Replayed too early: nothing has changed that would make it readable.
            raise LeftForPeople(meaning.idle_reason)
        if meaning.returned is not None:
            result = refund_purchase(project=projects[one.project_id], returned=meaning.returned, now=now)
            outcomes[one.id].append({"outcome": "returned"} | result)
    for one, meaning in meanings:
        _finish(one, outcomes[one.id], meaning.unread)
    if deliveries:
        WebhookDelivery.objects.finish(deliveries, now=now)
    return outcomes


def _accrue(
    projects: Mapping[uuid.UUID, Project], meanings: Sequence[tuple[WebhookDelivery, Understood]], now: datetime
) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Accrue the purchases of all webhooks together; return their outcomes by webhook."""
    outcomes: dict[uuid.UUID, list[dict[str, Any]]] = {one.id: [] for one, _ in meanings}
    came: dict[uuid.UUID, list[Record]] = {}
    for one, meaning in meanings:
        came.setdefault(one.project_id, []).extend(records_of(one.id, meaning))
    shares = [(projects[project_id], records) for project_id, records in came.items() if records]
    if not shares:
        return outcomes
    for (_, records), results in zip(shares, accrue_side_by_side(shares=shares, now=now), strict=True):
        for record, result in zip(records, results, strict=True):
            assert record.delivery_id is not None  # noqa: S101  (`records_of` has given it)
            outcomes[record.delivery_id].append(result)
    return outcomes


def _still_claimed(claims: Sequence[Claim]) -> list[WebhookDelivery]:
    """Return the webhooks whose claims still hold: a lease may have ended meanwhile and another worker come."""
    attempts = {one.delivery_id: one.attempt for one in claims}
    # By their keys alone: the status would lead PostgreSQL through the index of what is due.
    found = WebhookDelivery.objects.filter(id__in=attempts).order_by("id").values_list(*READ)
    rows = rows_found(WebhookDelivery, found, names=READ)
    return [one for one in rows if one.status == Status.PROCESSING and one.attempts == attempts[one.id]]


def understood_of(project: Project, delivery: WebhookDelivery) -> Understood:
    """Return what stored bytes mean by the project's habits of today."""
    return understand(
        body=bytes(delivery.body),
        content_type=delivery.headers.get("content-type", ""),
        region=project.default_region,
        names=project.field_names,
    )


def records_of(delivery_id: uuid.UUID, understood: Understood) -> Iterator[Record]:
    """Yield the purchases; one without an order id is named by its delivery and place."""
    for index, purchase in enumerate(understood.purchases):
        order_id = purchase.order_id or f"~{delivery_id}#{index}"
        yield Record(purchase=purchase, order_id=order_id, delivery_id=delivery_id)


def _finish(delivery: WebhookDelivery, outcomes: list[dict[str, Any]], unread: Sequence[str]) -> None:
    kinds = {one["outcome"] for one in outcomes}
    delivery.status = {
        frozenset({DUPLICATE}): Status.DUPLICATE,
        frozenset({CONFLICT}): Status.CONFLICT,
    }.get(frozenset(kinds), Status.PROCESSED)
    delivery.result = {"records": [*outcomes, *({"outcome": UNREADABLE, "at": place} for place in unread)]}
    if unread:
        # The others were not kept waiting; for these, somebody has to look.
        log.error("loyalty.webhook.partly_read", delivery=str(delivery.id), orders=len(unread))
        WEBHOOKS_PROCESSED.labels(project=str(delivery.project_id), outcome=UNREADABLE).inc()
    if CONFLICT in kinds:
        log.warning("loyalty.webhook.conflict", delivery=str(delivery.id))
    WEBHOOKS_PROCESSED.labels(project=str(delivery.project_id), outcome=delivery.status).inc()


def _waits_for_its_order(claim: Claim, now: datetime) -> bool:
    """Let a return that came before its purchase wait for that: as long again as it has waited, ten minutes at most.

    Return False when it has waited for a day.
    """
    mine = WebhookDelivery.objects.filter(id=claim.delivery_id, status=Status.PROCESSING, attempts=claim.attempt)
    received_at = mine.values_list("received_at", flat=True).first()
    if received_at is None or now - received_at >= WAITS_FOR_ORDER:
        return False
    pause = min(max(now - received_at, timedelta(seconds=FIRST_DELAY_SECONDS)), LONGEST_PAUSE)
    with use_case():
        # It is no failure that could kill a worker, however often it happens.
        mine.update(
            status=Status.RECEIVED,
            attempts=min(claim.attempt, TRIED_IN_COMPANY),
            lease_expires_at=None,
            next_attempt_at=now + pause,
            last_error=OrderUnknown.__name__,
        )
    return True


def _is_final(error: Exception) -> bool:
    """A return may overtake its purchase; every other refusal stays one."""
    return isinstance(error, Problem) and not isinstance(error, OrderUnknown)


def _record_failure(claim: Claim, error: Exception, now: datetime) -> None:
    """Schedule the next attempt, or give up: at the last one, or at once when the body itself is wrong."""
    if isinstance(error, OrderUnknown) and _waits_for_its_order(claim, now):
        return
    gives_up = claim.attempt >= MAX_ATTEMPTS or _is_final(error)
    log.error("loyalty.webhook.failed", delivery=str(claim.delivery_id), gives_up=gives_up, exc_info=error)
    pause = FIRST_DELAY_SECONDS * 2 ** (claim.attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311  (spreads load)
    with use_case():
        WebhookDelivery.objects.filter(id=claim.delivery_id, status=Status.PROCESSING, attempts=claim.attempt).update(
            status=Status.DEAD if gives_up else Status.RECEIVED,
            finished_at=now if gives_up else None,
            lease_expires_at=None,
            next_attempt_at=now + timedelta(seconds=pause),
            last_error=_reason(error),
        )
    if gives_up:
        WEBHOOKS_PROCESSED.labels(project=str(claim.project_id), outcome=Status.DEAD).inc()


def _reason(error: Exception) -> str:
    if isinstance(error, LeftForPeople):
        return str(error)
    # The first line only: PostgreSQL's details repeat the values, people's addresses among them.
    return f"{type(error).__name__}: {error}".partition("\n")[0][:2000]
