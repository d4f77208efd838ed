"""Forget who visited: salts and digests of past days."""

from datetime import datetime, timedelta

from analytics.models import DailySalt, Visitor
from common.transactions import requires_transaction


@requires_transaction
def forget_visitors(*, now: datetime) -> None:
    """Delete what belongs to a day that is over in every time zone."""
    over = now.date() - timedelta(days=1)
    DailySalt.objects.filter(day__lt=over).delete()
    Visitor.objects.filter(day__lt=over).delete()
