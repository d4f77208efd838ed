"""Let a person's own service have their messages: each is posted to its URL, signed as Standard Webhooks 1.0."""

import secrets
from base64 import b64encode
from datetime import datetime
from uuid import UUID

from common.outbound_addresses import ForbiddenAddress, check_form
from common.problems import Problem
from common.transactions import requires_transaction
from notifications.channels.outbound_addresses import rules_here
from notifications.models import ContactPoint
from notifications.models.choices import Channel
from notifications.services.know_recipient import know_recipient

MOST_PER_USER = 5
SECRET_BYTES = 32


class WebhookAddressRefused(Problem):
    """This server would be sent there by a stranger, so it must be a public https address."""

    code = "webhook_address_refused"
    status = 400
    title = "Messages can't be posted to this address."


class WebhookKnown(Problem):
    """Its secret was shown when it was added; for a new one remove it first."""

    code = "webhook_known"
    title = "This webhook is there already."


class TooManyWebhooks(Problem):
    """A person has only so many."""

    code = "too_many_webhooks"
    title = "Remove another webhook first."


@requires_transaction
def add_webhook(*, user_id: UUID, url: str, now: datetime) -> ContactPoint:
    """Make the contact point with a fresh secret; one that was switched off is made anew.

    Where the name leads is judged again with each message: it may lead elsewhere by then.

    Raises:
        WebhookAddressRefused, WebhookKnown, TooManyWebhooks
    """
    try:
        check_form(url, rules=rules_here())
    except ForbiddenAddress as refused:
        raise WebhookAddressRefused() from refused
    recipient = know_recipient(user_id=user_id, now=now)
    mine = ContactPoint.objects.filter(recipient=recipient, channel=Channel.WEBHOOK)
    mine.filter(address=url, switched_off_at__isnull=False).delete()
    if mine.filter(address=url).exists():
        raise WebhookKnown()
    if mine.active().count() >= MOST_PER_USER:
        raise TooManyWebhooks()
    secret = "whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return ContactPoint.objects.create(recipient=recipient, channel=Channel.WEBHOOK, address=url, secret=secret)
