"""Send pushes to a browser from now on. A browser belongs to whoever subscribed in it last."""

from datetime import datetime
from uuid import UUID

from common.problems import Problem
from common.transactions import requires_transaction
from notifications.models import ContactPoint
from notifications.models.choices import Channel
from notifications.push_endpoints import is_allowed
from notifications.services.know_recipient import know_recipient

MOST_PER_USER = 20


class PushServiceUnknown(Problem):
    """This server calls the address of a subscription, so it must belong to a push service of a browser."""

    code = "push_service_unknown"
    status = 400
    title = "This address does not belong to a known push service."


class TooManySubscriptions(Problem):
    """A person has only so many browsers."""

    code = "too_many_push_subscriptions"
    title = "Remove another browser first."


@requires_transaction
def save_push_subscription(*, user_id: UUID, endpoint: str, p256dh: str, auth: str, now: datetime) -> ContactPoint:
    """Make or renew the subscription.

    Raises:
        PushServiceUnknown, TooManySubscriptions
    """
    if not is_allowed(endpoint):
        raise PushServiceUnknown()
    recipient = know_recipient(user_id=user_id, now=now)
    others = ContactPoint.objects.filter(channel=Channel.PUSH, address=endpoint).exclude(recipient=recipient)
    others.delete()
    of_user = ContactPoint.objects.active().filter(channel=Channel.PUSH, recipient=recipient)
    if of_user.exclude(address=endpoint).count() >= MOST_PER_USER:
        raise TooManySubscriptions()
    subscription, _ = ContactPoint.objects.update_or_create(
        recipient=recipient,
        channel=Channel.PUSH,
        address=endpoint,
        defaults={
            "keys": {"p256dh": p256dh, "auth": auth},
            "verified_at": now,
            "switched_off_at": None,
            "switched_off_reason": "",
        },
    )
    return subscription
