"""How long what payment providers told is kept."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from bookings.models import ProviderWebhook
from common.retention import keep


@keep("bookings.provider_webhooks", kept=timedelta(days=90))
def applied_webhooks(limit: datetime) -> QuerySet[ProviderWebhook]:
    """Return notices that were applied; parked ones stay until somebody has looked at them."""
    return ProviderWebhook.objects.filter(status=ProviderWebhook.Status.APPLIED, applied_at__lt=limit)
