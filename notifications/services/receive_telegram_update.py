"""Act on what a person has done in the chat with a bot: started it with a code, stopped it, or blocked it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext, override

from common.transactions import requires_transaction
from notifications.models import ContactPoint, TelegramBot, TelegramLinkCode
from notifications.models.choices import Channel
from notifications.services.make_telegram_link import hash_of_code

BLOCKED = {"kicked", "left"}


@requires_transaction
def receive_telegram_update(*, bot: TelegramBot, update: dict[str, Any], now: datetime) -> str:
    """Return what to answer in the chat, '' for nothing; an update of any other kind changes nothing."""
    chat, words = _message_of(update)
    if chat and words[:1] == ["/start"] and len(words) == 2:
        return _link(bot, chat, words[1], now)
    if (chat and words == ["/stop"]) or (chat := _blocked_by(update)):
        _of_chat(bot, chat).filter(switched_off_at__isnull=True).update(
            switched_off_at=now, switched_off_reason="stopped by the person"
        )
    return ""


def _link(bot: TelegramBot, chat: str, code: str, now: datetime) -> str:
    codes = TelegramLinkCode.objects.usable(now).filter(bot=bot, code_hash=hash_of_code(code))
    found = codes.select_related("recipient").first()
    if found is None or not codes.filter(id=found.id).update(used_at=now):
        return gettext("This link has been used or is too old. Take a new one from the site.")
    # A chat belongs to whoever linked it last.
    _of_chat(bot, chat).exclude(recipient=found.recipient).delete()
    ContactPoint.objects.update_or_create(
        recipient=found.recipient,
        channel=Channel.TELEGRAM,
        address=chat,
        defaults={
            "keys": {"bot": str(bot.id)},
            "verified_at": now,
            "switched_off_at": None,
            "switched_off_reason": "",
        },
    )
    with override(found.recipient.locale):
        return gettext("Done: messages come to this chat. Write /stop to end that.")


def _of_chat(bot: TelegramBot, chat: str) -> Any:
    return ContactPoint.objects.filter(channel=Channel.TELEGRAM, address=chat, keys__bot=str(bot.id))


def _message_of(update: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the private chat of a message and its words; ('', []) when it is anything else."""
    message = update.get("message")
    if not isinstance(message, dict):
        return "", []
    chat, text = message.get("chat"), message.get("text")
    if not isinstance(chat, dict) or chat.get("type") != "private" or not isinstance(chat.get("id"), int):
        return "", []
    return str(chat["id"]), text.split()[:3] if isinstance(text, str) else []


def _blocked_by(update: dict[str, Any]) -> str:
    change = update.get("my_chat_member")
    if not isinstance(change, dict):
        return ""
    chat, member = change.get("chat"), change.get("new_chat_member")
    if not isinstance(chat, dict) or not isinstance(member, dict) or member.get("status") not in BLOCKED:
        return ""
    return str(chat.get("id", ""))
