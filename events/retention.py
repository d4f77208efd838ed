"""How long what nobody has started is kept."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from common.retention import keep
from events.models import BulkOperation


@keep("events.planned_orders", kept=timedelta(days=1))
def planned_orders(limit: datetime) -> QuerySet[BulkOperation]:
    """Return orders for many events that were looked at and never started."""
    return BulkOperation.objects.filter(status=BulkOperation.Status.PLANNED, created_at__lt=limit)
