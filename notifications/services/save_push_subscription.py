"""Send pushes to a browser or an app from now on. It belongs to whoever subscribed in it last."""

from datetime import datetime
from uuid import UUID

from common.problems import Problem
from common.transactions import requires_transaction
from notifications.channels.fcm import PREFIX, is_configured
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
    """A person has only so many browsers and apps."""

    code = "too_many_push_subscriptions"
    title = "Remove another browser first."


class AppPushesOff(Problem):
    """Nobody has set FCM up on this installation."""

    code = "app_pushes_off"
    title = "This installation sends no pushes to apps."


@requires_transaction
def save_push_subscription(*, user_id: UUID, endpoint: str, p256dh: str, auth: str, now: datetime) -> ContactPoint:
    """Make or renew the subscription.

    Raises:
        PushServiceUnknown, TooManySubscriptions
    """
    if not is_allowed(endpoint):
        raise PushServiceUnknown()
    return _keep(user_id, address=endpoint, keys={"p256dh": p256dh, "auth": auth}, now=now)


@requires_transaction
def save_app_token(*, user_id: UUID, token: str, now: datetime) -> ContactPoint:
    """Make or renew an app's subscription by its registration token of FCM.

    Raises:
        AppPushesOff, TooManySubscriptions
    """
    if not is_configured():
        raise AppPushesOff()
    return _keep(user_id, address=PREFIX + token, keys={}, now=now)


def _keep(user_id: UUID, *, address: str, keys: dict[str, str], now: datetime) -> ContactPoint:
    recipient = know_recipient(user_id=user_id, now=now)
    others = ContactPoint.objects.filter(channel=Channel.PUSH, address=address).exclude(recipient=recipient)
    others.delete()
    of_user = ContactPoint.objects.active().filter(channel=Channel.PUSH, recipient=recipient)
    if of_user.exclude(address=address).count() >= MOST_PER_USER:
        raise TooManySubscriptions()
    subscription, _ = ContactPoint.objects.update_or_create(
        recipient=recipient,
        channel=Channel.PUSH,
        address=address,
        defaults={
            "keys": keys,
            "verified_at": now,
            "switched_off_at": None,
            "switched_off_reason": "",
        },
    )
    return subscription
