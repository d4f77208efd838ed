"""Receive a provider's webhook: prove where it comes from, store it, and only then think about it."""

from datetime import datetime

from bookings.models import ProviderWebhook
from bookings.providers.port import Incoming, PaymentProvider
from bus.wakeup import queue_after_commit
from common.problems import Problem
from common.transactions import requires_transaction

LARGEST_BODY_BYTES = 256 * 1024


class WebhookTooLarge(Problem):
    """No provider sends so much."""

    code = "body_too_large"
    status = 413
    title = "The body is too large."


@requires_transaction
def receive_provider_webhook(*, provider: PaymentProvider, incoming: Incoming, now: datetime) -> ProviderWebhook:
    """Return the stored notice; sent again, it is the same row.

    Raises:
        WebhookTooLarge, UntrustedWebhook, InvalidInput
    """
    if len(incoming.body) > LARGEST_BODY_BYTES:
        raise WebhookTooLarge()
    notice = provider.verify_webhook(incoming, now=now)
    webhook, is_new = ProviderWebhook.objects.get_or_create(
        provider=provider.code,
        account_id=provider.account_id,
        notice_id=notice.id,
        defaults={"body": notice.payload, "next_attempt_at": now, "received_at": now},
    )
    if is_new:
        queue_after_commit("bookings.apply_provider_webhook", [str(webhook.id)], queue="critical")
    return webhook
