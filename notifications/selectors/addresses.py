"""Reads of where people are reached, and where they must not be."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from common.problems import NotFound
from notifications.models import ContactPoint, Recipient, Suppression, TelegramBot
from notifications.models.choices import Channel
from notifications.models.suppression import hash_of_address


def list_push_subscriptions(*, user_id: UUID) -> QuerySet[ContactPoint]:
    """Return the browsers in which the user gets pushes."""
    return ContactPoint.objects.active().filter(
        channel="push", recipient__kind=Recipient.Kind.USER, recipient__external_id=user_id
    )


def list_webhooks(*, user_id: UUID) -> QuerySet[ContactPoint]:
    """Return the user's webhooks, those that were switched off too."""
    return ContactPoint.objects.filter(
        channel="webhook", recipient__kind=Recipient.Kind.USER, recipient__external_id=user_id
    )


def find_telegram_bot(*, project_id: UUID | None) -> TelegramBot | None:
    """Return the bot of a shop's project, the product's own for None."""
    return TelegramBot.objects.filter(project_id=project_id).first()


def is_telegram_linked(*, bot: TelegramBot, user_id: UUID) -> bool:
    """Tell whether the user gets messages in a chat with the bot."""
    chats = ContactPoint.objects.active().filter(channel="telegram", keys__bot=str(bot.id))
    return chats.filter(recipient__kind=Recipient.Kind.USER, recipient__external_id=user_id).exists()


def get_telegram_bot(*, bot_id: UUID) -> TelegramBot:
    """Return a bot.

    Raises:
        NotFound
    """
    bot = TelegramBot.objects.filter(id=bot_id).first()
    if bot is None:
        raise NotFound()
    return bot


def list_contact_points(*, recipient_ids: Collection[UUID], channels: Collection[str]) -> QuerySet[ContactPoint]:
    """Return the addresses of many people, those too that are switched off."""
    found = ContactPoint.objects.filter(recipient_id__in=recipient_ids, channel__in=channels)
    return found.order_by("created_at", "id")


def list_mail_addresses(*, recipient: Recipient) -> list[str]:
    """Return the mail addresses in use of a recipient."""
    points = ContactPoint.objects.active().filter(recipient=recipient, channel=Channel.EMAIL)
    return list(points.order_by("id").values_list("address", flat=True))


def list_proved_addresses(*, user_id: UUID) -> list[str]:
    """Return the mail address of an account that has proved it; nothing when it has not, or there is no account."""
    proved = User.objects.active().filter(id=user_id, email_verified_at__isnull=False)
    return list(proved.values_list("email", flat=True))


def list_channels_of(*, recipient: Recipient) -> set[str]:
    """Return the channels at which a recipient has an address in use."""
    return set(ContactPoint.objects.active().filter(recipient=recipient).values_list("channel", flat=True))


def list_refused_at(*, addresses: Collection[str]) -> set[str]:
    """Return the categories of which mails to one of these addresses were refused by whoever reads them."""
    hashes = [hash_of_address(address) for address in addresses]
    refused = Suppression.objects.filter(channel=Channel.EMAIL, address_hash__in=hashes).exclude(category="")
    return set(refused.values_list("category", flat=True))


def list_suppressed(*, keys: Collection[tuple[str, bytes]]) -> frozenset[tuple[str, bytes, str]]:
    """Return what the suppression list says of these (channel, hash of the address): with the category, '' for all."""
    hashes = [address_hash for _, address_hash in keys]
    rows = Suppression.objects.filter(address_hash__in=hashes).values_list("channel", "address_hash", "category")
    return frozenset(
        (channel, bytes(address_hash), category)
        for channel, address_hash, category in rows
        if (channel, bytes(address_hash)) in keys
    )
