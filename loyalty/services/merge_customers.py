"""Make two customers one: what one has, in points and orders, becomes the other's; the ledger keeps both histories."""

import uuid
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction
from loyalty.models import Customer, LedgerAccount, LedgerTransaction, Lot, MergeCandidate, Order, PointsHold, Project
from loyalty.services.award_points import Plan, carry_out, settle_debt
from loyalty.services.post_transactions import Line, lock_accounts

Account = LedgerAccount.Kind
ZERO = Decimal(0)


class MergeDecided(Problem):
    """Somebody has decided about these two before."""

    code = "merge_decided"
    status = 409
    title = "This was decided before."


class MergedBefore(MergeDecided):
    """They are one customer already, through this row of the queue or through another."""

    code = "merged_before"
    title = "They are one customer already."


@requires_transaction
def merge_customers(*, candidate_id: uuid.UUID, actor_id: uuid.UUID, now: datetime) -> Customer:
    """Merge the candidate's customers, or whom they were merged into since; return the one that stays.

    Raises:
        MergeDecided, MergedBefore
    """
    # Whoever gives points has found their customer behind this lock, and whoever merges what stands in the queue.
    project = Project.objects.locked().get(id__in=MergeCandidate.objects.filter(id=candidate_id).values("project_id"))
    candidate = _decide(candidate_id, MergeCandidate.Status.MERGED, actor_id, now)
    keeps, gives = _present(candidate.keeps_id), _present(candidate.gives_id)
    if keeps.id == gives.id:
        _write_down(candidate, actor_id, {"status": ["open", "merged"]})
        return keeps
    accounts = lock_accounts(project_id=project.id, customer_ids=[keeps.id, gives.id])
    lots = list(Lot.objects.filter(customer=gives))
    plan = Plan(project, accounts, now)
    lines = [line for lot in lots for line in _moved(lot, gives.id, keeps.id)] + _moved_debt(plan, gives.id, keeps.id)
    if lines:
        explanation = {
            "rules": [{"rule": "merge", "gives": str(gives.id)}],
            "points": str(sum(x.remaining for x in lots)),
        }
        plan.post(LedgerTransaction.Kind.MERGE, keeps.id, explanation, *lines, reference=str(gives.id))
    carry_out(plan)
    Lot.objects.filter(customer=gives).update(customer=keeps)
    Order.objects.filter(customer=gives).update(customer=keeps)
    PointsHold.objects.filter(customer=gives).update(customer=keeps)
    _pay_debts(Plan(project, accounts, now), keeps.id)
    Customer.objects.filter(referred_by=gives).exclude(id=keeps.id).update(referred_by=keeps)
    Customer.objects.filter(merged_into=gives).update(merged_into=keeps)
    _join(keeps, gives)
    _write_down(candidate, actor_id, {"keeps": [None, str(keeps.id)], "gives": [None, str(gives.id)]})
    _close_what_asks_the_same(candidate, keeps, actor_id, now)
    return keeps


@requires_transaction
def dismiss_merge(*, candidate_id: uuid.UUID, actor_id: uuid.UUID, now: datetime) -> None:
    """Decide that the two are two people.

    Raises:
        MergeDecided
    """
    candidate = _decide(candidate_id, MergeCandidate.Status.DISMISSED, actor_id, now)
    _write_down(candidate, actor_id, {"status": ["open", "dismissed"]})


def _decide(candidate_id: uuid.UUID, status: str, actor_id: uuid.UUID, now: datetime) -> MergeCandidate:
    open_one = MergeCandidate.objects.filter(id=candidate_id, status=MergeCandidate.Status.OPEN)
    if not open_one.update(status=status, decided_at=now, decided_by_id=actor_id):
        merged = MergeCandidate.objects.filter(id=candidate_id, status=MergeCandidate.Status.MERGED)
        raise MergedBefore if merged.exists() else MergeDecided
    return MergeCandidate.objects.get(id=candidate_id)


def _present(customer_id: uuid.UUID) -> Customer:
    """Return the customer, or whom it was merged into since it came into the queue."""
    customer = Customer.objects.select_related("merged_into").get(id=customer_id)
    return customer.merged_into or customer


def _close_what_asks_the_same(merged: MergeCandidate, keeps: Customer, actor_id: uuid.UUID, now: datetime) -> None:
    """Take out of the queue what asks about customers who are one by now."""
    one_person = Customer.objects.filter(Q(id=keeps.id) | Q(merged_into=keeps)).values("id")
    asking = MergeCandidate.objects.filter(
        project=merged.project_id, status=MergeCandidate.Status.OPEN, keeps__in=one_person, gives__in=one_person
    )
    for candidate_id in asking.order_by("id").values_list("id", flat=True):
        closed = _decide(candidate_id, MergeCandidate.Status.MERGED, actor_id, now)
        _write_down(closed, actor_id, {"status": ["open", "merged"], "through": [None, str(merged.id)]})


def _moved(lot: Lot, source: uuid.UUID, target: uuid.UUID) -> list[Line]:
    place = Account.PENDING if lot.status == Lot.Status.PENDING else Account.ACTIVE
    parts = [(place, lot.free), (Account.HELD, lot.held)]
    return [
        Line(kind=kind, lot_id=lot.id, amount=sign * amount, customer_id=whose)
        for kind, amount in parts
        if amount
        for sign, whose in ((-1, source), (1, target))
    ]


def _moved_debt(plan: Plan, source: uuid.UUID, target: uuid.UUID) -> list[Line]:
    account = plan.accounts.get((source, Account.DEBT))
    owed = (account.balance if account else None) or ZERO
    if not owed:
        return []
    return [
        Line(kind=Account.DEBT, amount=-owed, customer_id=source),
        Line(kind=Account.DEBT, amount=owed, customer_id=target),
    ]


def _pay_debts(plan: Plan, customer_id: uuid.UUID) -> None:
    """Let what the one owes be paid by the points of the other, those first that lapse soonest."""
    for lot in Lot.objects.filter(customer=customer_id).spendable(plan.now):
        settle_debt(plan, lot, lot.free)
    carry_out(plan)


def _join(keeps: Customer, gives: Customer) -> None:
    """Fill in what the one lacks; what both have stays with the other row, which is found as the one from now on."""
    taken = {}
    for name in ("email", "phone", "user_id"):
        if not getattr(keeps, name) and getattr(gives, name):
            taken[name] = getattr(gives, name)
    emptied = {name: None if name == "user_id" else "" for name in taken}
    Customer.objects.filter(id=gives.id).update(
        merged_into=keeps, level=None, level_until=None, referral_code="", **emptied
    )
    filled = {
        "name": keeps.name or gives.name,
        "birth_on": keeps.birth_on or gives.birth_on,
        "referral_code": keeps.referral_code or gives.referral_code,
    }
    Customer.objects.filter(id=keeps.id).update(**taken, **filled)


def _write_down(candidate: MergeCandidate, actor_id: uuid.UUID, changes: dict[str, list[str | None]]) -> None:
    record_entry(
        actor_id=actor_id,
        action=f"loyalty.{candidate.status}_customers",
        target_type="loyalty.mergecandidate",
        target_id=str(candidate.id),
        changes=changes,
    )
