"""Take points whose time is over, lot by lot."""

from datetime import datetime
from itertools import groupby

from common.ids import new_id
from common.transactions import requires_transaction
from loyalty.models import LedgerAccount, LedgerTransaction, Lot
from loyalty.services.post_transactions import Line, Posting, lock_accounts, post_transactions

BATCH = 500
Account = LedgerAccount.Kind


@requires_transaction
def expire_lots(*, now: datetime, limit: int = BATCH) -> int:
    """Expire up to `limit` lots; return how many there were."""
    due = Lot.objects.filter(status=Lot.Status.ACTIVE, remaining__gt=0, expires_at__lte=now)
    found = due.order_by("expires_at", "id").values_list("project_id", "customer_id", "id")[:limit]
    expired = 0
    for project_id, group in groupby(sorted(found), key=lambda one: one[0]):
        rows = list(group)
        accounts = lock_accounts(project_id=project_id, customer_ids={customer_id for _, customer_id, _ in rows})
        # Read again behind the lock: somebody may have spent of them.
        lots = due.filter(id__in=[lot_id for _, _, lot_id in rows]).order_by("id")
        postings = [_posting(lot) for lot in lots]
        post_transactions(project_id=project_id, accounts=accounts, postings=postings, now=now)
        expired += len(postings)
    return expired


def _posting(lot: Lot) -> Posting:
    return Posting(
        id=new_id(),
        kind=LedgerTransaction.Kind.EXPIRY,
        customer_id=lot.customer_id,
        order_pk=None,
        explanation={"rules": [{"rule": "expiry", "lot": str(lot.id)}], "points": str(-lot.remaining)},
        lines=(
            Line(kind=Account.ACTIVE, lot_id=lot.id, amount=-lot.remaining),
            Line(kind=Account.EXPIRED, amount=lot.remaining),
        ),
    )
