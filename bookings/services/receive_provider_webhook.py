"""Receive a provider's webhook: prove where it comes from, store it, and only then think about it."""

from collections.abc import Mapping
from datetime import datetime

from bookings.models import ProviderWebhook
from bookings.providers.port import PaymentProvider
from bus.wakeup import queue_after_commit
from common.transactions import requires_transaction


@requires_transaction
def receive_provider_webhook(
    *, provider: PaymentProvider, headers: Mapping[str, str], body: bytes, now: datetime
) -> ProviderWebhook:
    """Return the stored notice; sent again, it is the same row.

    Raises:
        UntrustedWebhook, InvalidInput
    """
    notice = provider.verify_webhook(headers, body)
    webhook, is_new = ProviderWebhook.objects.get_or_create(
        provider=provider.code,
        notice_id=notice.id,
        defaults={"body": notice.payload, "next_attempt_at": now, "received_at": now},
    )
    if is_new:
        queue_after_commit("bookings.apply_provider_webhook", [str(webhook.id)], queue="critical")
    return webhook
