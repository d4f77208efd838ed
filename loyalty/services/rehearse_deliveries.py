"""What stored webhooks would come to if a worker took them now: everything is done, all together, and then undone."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Sum

from common.problems import Problem
from common.transactions import requires_transaction
from loyalty.formats.understood import Understood
from loyalty.models import Customer, LedgerEntry, Project, WebhookDelivery
from loyalty.services.accrue_purchases import Record, accrue_side_by_side
from loyalty.services.process_deliveries import records_of, understood_of
from loyalty.services.refund_purchase import refund_purchase

Outcomes = dict[uuid.UUID, list[dict[str, Any]]]
Projects = Mapping[uuid.UUID, Project]
REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """By webhook: an outcome per record. And what would be posted: per movement and account, how much for how many."""

    outcomes: Outcomes
    entries: Sequence[Mapping[str, Any]]
    # Who the outcomes speak of, some of whom would be new.
    customers: Mapping[str, str]


@requires_transaction
def rehearse_deliveries(*, deliveries: Sequence[WebhookDelivery], now: datetime) -> Rehearsal:
    """Return what would come of them, in the order given; nothing is written.

    As with workers, one that can't be done spoils nothing for the others: its outcome is `refused`, with the reason.
    """
    with transaction.atomic():
        projects = {one.id: one for one in Project.objects.filter(id__in={x.project_id for x in deliveries}).locked()}
        last = LedgerEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
        outcomes = _tried(projects, deliveries, now) if deliveries else {}
        # Payments with points don't wait for these locks: their entries bear other times.
        fresh = LedgerEntry.objects.filter(id__gt=last, project__in=projects, transaction__posted_at=now)
        entries = list(
            fresh.values(movement=F("transaction__kind"), place=F("account__kind"))
            .annotate(points=Sum("amount"), customers=Count("transaction__customer", distinct=True))
            .order_by("movement", "place")
        )
        named = {str(one["customer"]) for found in outcomes.values() for one in found if "customer" in one}
        customers = {str(one.id): str(one) for one in Customer.objects.filter(id__in=named)}
        transaction.set_rollback(True)
    return Rehearsal(outcomes=outcomes, entries=entries, customers=customers)


def _tried(projects: Projects, deliveries: Sequence[WebhookDelivery], now: datetime) -> Outcomes:
    """Do them together; where that fails, in halves, down to the one that is at fault."""
    try:
        with transaction.atomic():
            return _done(projects, deliveries, now)
    except Exception as error:
        if len(deliveries) == 1:
            return {deliveries[0].id: [_refusal(error)]}
        middle = len(deliveries) // 2
        return _tried(projects, deliveries[:middle], now) | _tried(projects, deliveries[middle:], now)


def _done(projects: Projects, deliveries: Sequence[WebhookDelivery], now: datetime) -> Outcomes:
    meanings = {one.id: understood_of(projects[one.project_id], one) for one in deliveries}
    outcomes: Outcomes = {one.id: [] for one in deliveries}
    came: dict[uuid.UUID, list[Record]] = {}
    for one in deliveries:
        came.setdefault(one.project_id, []).extend(records_of(one.id, meanings[one.id]))
    shares = [(projects[project_id], records) for project_id, records in came.items() if records]
    results = accrue_side_by_side(shares=shares, now=now) if shares else []
    for (_, records), found in zip(shares, results, strict=True):
        for record, result in zip(records, found, strict=True):
            assert record.delivery_id is not None  # noqa: S101  (`records_of` has given it)
            outcomes[record.delivery_id].append(result)
    for one in deliveries:
        outcomes[one.id] += _besides(projects[one.project_id], meanings[one.id], now)
    return outcomes


def _besides(project: Project, meaning: Understood, now: datetime) -> list[dict[str, Any]]:
    """Return what comes of a webhook that brings no purchase."""
    if meaning.needs_people:
        return [{"outcome": meaning.idle_reason}]
    if meaning.returned is None:
        return []
    try:
        with transaction.atomic():
            return [{"outcome": "returned"} | refund_purchase(project=project, returned=meaning.returned, now=now)]
    except Problem as problem:
        return [_refusal(problem)]


def _refusal(error: Exception) -> dict[str, Any]:
    """Return the outcome of what can't be done; of an unforeseen error the kind alone, its words may repeat the data."""
    return {"outcome": REFUSED, "why": error.title if isinstance(error, Problem) else type(error).__name__}
