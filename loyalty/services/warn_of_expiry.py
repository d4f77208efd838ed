"""Tell customers, once per lot, that points will be lost unless they are spent."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from common.transactions import requires_transaction
from loyalty.models import LedgerAccount, Lot, Project
from loyalty.services.plan_for_lots import BATCH
from loyalty.services.tell_news import News, tell_all

ZERO = Decimal(0)


@requires_transaction
def warn_of_expiry(*, now: datetime, ids: Collection[uuid.UUID] | None = None) -> int:
    """Warn of those of these lots whose notice has begun, or of a batch of all; return how many there were.

    The number of statements grows neither with the lots nor with their projects.
    """
    due = Lot.objects.expiring(now)
    chosen = due.filter(id__in=ids) if ids is not None else due
    lots = list(chosen.unless_taken()[:BATCH])
    accounts = LedgerAccount.objects.filter(
        customer__in={one.customer_id for one in lots}, kind=LedgerAccount.Kind.ACTIVE
    )
    balances = dict(accounts.values_list("customer_id", "balance"))
    stories: dict[uuid.UUID, list[News]] = {}
    for lot in lots:
        stories.setdefault(lot.project_id, []).append(_news(lot, balances))
    projects = Project.objects.in_bulk(stories) if stories else {}
    tell_all(stories=[(projects[project_id], news) for project_id, news in stories.items()], now=now)
    Lot.objects.filter(id__in=[one.id for one in lots]).update(warned_at=now)
    return len(lots)


def _news(lot: Lot, balances: Mapping[uuid.UUID, Decimal | None]) -> News:
    return News(
        event="bonus_expiring",
        customer_id=lot.customer_id,
        amount=lot.free,
        balance=balances.get(lot.customer_id) or ZERO,
        more={"expires_at": lot.expires_at.isoformat() if lot.expires_at else ""},
    )
