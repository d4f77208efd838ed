"""How long loyalty keeps what shops have sent and were sent. Orders and the ledger are kept for ever.

Ids are made in the order of time, so the old ones are found at the beginning of the primary key.
"""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from common.ids import first_id_at
from common.retention import keep
from loyalty.models import CallbackEvent, Transfer, WebhookDelivery


@keep("loyalty.webhooks", kept=timedelta(days=90))
def raw_webhooks(limit: datetime) -> QuerySet[WebhookDelivery]:
    """Return webhooks that came to something; conflicts and dead ones stay until somebody has looked at them.

    An order is still known afterwards: by itself, not by the webhook that brought it.
    """
    over = (WebhookDelivery.Status.PROCESSED, WebhookDelivery.Status.DUPLICATE)
    return WebhookDelivery.objects.filter(id__lt=first_id_at(limit), status__in=over, finished_at__lt=limit)


@keep("loyalty.callback_events", kept=timedelta(days=30))
def delivered_events(limit: datetime) -> QuerySet[CallbackEvent]:
    """Return events that the shop has taken; dead ones stay until they are sent again."""
    delivered = CallbackEvent.Status.DELIVERED
    return CallbackEvent.objects.filter(id__lt=first_id_at(limit), status=delivered, finished_at__lt=limit)


@keep("loyalty.transfers", kept=timedelta(days=7))
def finished_transfers(limit: datetime) -> QuerySet[Transfer]:
    """Return files that were worked on: they are full of people's addresses."""
    return Transfer.objects.filter(finished_at__lt=limit)


@keep("loyalty.unstarted_imports", kept=timedelta(days=7))
def unstarted_imports(limit: datetime) -> QuerySet[Transfer]:
    """Return imports that were tried out and never started."""
    return Transfer.objects.filter(status=Transfer.Status.CHECKED, created_at__lt=limit)
