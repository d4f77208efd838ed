"""Tell customers, once per lot, that points will be lost unless they are spent."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from django.db.models import DurationField, ExpressionWrapper, F, Value

from common.transactions import requires_transaction
from loyalty.models import LedgerAccount, Lot
from loyalty.services.tell_news import News, tell_news

BATCH = 500
ZERO = Decimal(0)


@requires_transaction
def warn_of_expiry(*, now: datetime, limit: int = BATCH) -> int:
    """Warn of up to `limit` lots; return how many there were."""
    notice = ExpressionWrapper(
        F("project__expiry_warning_days") * Value(timedelta(days=1), output_field=DurationField()), DurationField()
    )
    due = (
        Lot.objects.filter(
            status=Lot.Status.ACTIVE, remaining__gt=F("held"), warned_at__isnull=True, expires_at__gt=now
        )
        .annotate(notice=notice)
        .filter(expires_at__lte=Value(now) + F("notice"))
        .select_related("project")
        .order_by("project_id", "expires_at", "id")
    )
    lots = list(due.unless_taken()[:limit])
    accounts = LedgerAccount.objects.filter(
        customer__in={one.customer_id for one in lots}, kind=LedgerAccount.Kind.ACTIVE
    )
    balances = dict(accounts.values_list("customer_id", "balance"))
    for project, group in groupby(lots, key=lambda one: one.project):
        news = [
            News(
                event="bonus_expiring",
                customer_id=lot.customer_id,
                amount=lot.free,
                balance=balances[lot.customer_id] or ZERO,
                more={"expires_at": lot.expires_at.isoformat() if lot.expires_at else ""},
            )
            for lot in group
        ]
        tell_news(project=project, news=news, now=now)
    Lot.objects.filter(id__in=[one.id for one in lots]).update(warned_at=now)
    return len(lots)
