"""Telegram, by the Bot API over HTTP (https://core.telegram.org/bots/api#sendmessage)."""

from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from notifications.channels.http import LONGEST_WAIT_SECONDS, Answer, exchange, make_client
from notifications.channels.ports import (
    Limit,
    Outgoing,
    PermanentRefusal,
    ProviderDown,
    Receipt,
    TooMany,
)
from notifications.models import TelegramBot

# A message takes 4,096 characters after entities are parsed; these are sent as they are.
LONGEST_TEXT = 4000
SECONDS_WITHOUT_RETRY_AFTER = 5.0


class TelegramProvider:
    """One bot per contact point: a shop's own, or the product's. Its bucket is the bot's."""

    name = "telegram"

    def __init__(self) -> None:
        self._client = make_client()
        self._bots: dict[str, TelegramBot] = {}

    def limits(self, outgoing: Outgoing) -> list[Limit]:
        contact = outgoing.contact_points[0]
        bot_id = contact.keys.get("bot", "")
        return [
            Limit(name=f"telegram:{bot_id}", per_second=settings.TELEGRAM_PER_SECOND),
            Limit(name=f"telegram:{bot_id}:{contact.address}", per_second=settings.TELEGRAM_PER_SECOND_AND_CHAT),
        ]

    def deliver(self, outgoing: Outgoing) -> Receipt:
        contact = outgoing.contact_points[0]
        bot = self._bot(str(contact.keys.get("bot", "")))
        if bot is None:
            raise PermanentRefusal("the bot is gone", receipt=Receipt(gone={contact.id: "the bot is gone"}))
        # The token is part of the path: the address must not reach a log or an error's text.
        request = self._client.build_request(
            "POST", f"{settings.TELEGRAM_API_URL}/bot{bot.token}/sendMessage", json=_message(outgoing, contact.address)
        )
        answer = exchange(self._client, request)
        if answer.status == 200:
            return Receipt(provider_message_id=_message_id(answer), reached=[str(contact.id)])
        raise _meaning(answer, contact.id)

    def close(self) -> None:
        self._client.close()

    def _bot(self, bot_id: str) -> TelegramBot | None:
        if bot_id not in self._bots:
            found = TelegramBot.objects.filter(id=bot_id).first() if bot_id else None
            if found is None:
                return None
            self._bots[bot_id] = found
        return self._bots[bot_id]


def _message(outgoing: Outgoing, chat: str) -> dict[str, Any]:
    message = outgoing.message
    text = f"{message.subject}\n\n{message.text}"[:LONGEST_TEXT]
    document: dict[str, Any] = {"chat_id": chat, "text": text, "link_preview_options": {"is_disabled": True}}
    if message.link.startswith("https://"):
        label = "Открыть" if message.locale == "ru" else "Open"
        document["reply_markup"] = {"inline_keyboard": [[{"text": label, "url": message.link}]]}
    elif message.link:
        document["text"] = f"{text}\n\n{message.link}"
    return document


def _meaning(answer: Answer, contact_id: UUID) -> Exception:
    said = _said(answer)
    reason = f"Telegram {answer.status}: {str(said.get('description', ''))[:200]}"
    if answer.status == 429:
        parameters = said.get("parameters")
        seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
        wait = seconds if isinstance(seconds, int | float) and seconds > 0 else answer.retry_after_seconds
        return TooMany(reason, retry_after_seconds=min(wait or SECONDS_WITHOUT_RETRY_AFTER, LONGEST_WAIT_SECONDS))
    # 403: the person has blocked the bot. 400: there is no such chat.
    if answer.status == 403 or (answer.status == 400 and "chat not found" in reason):
        return PermanentRefusal(reason, receipt=Receipt(gone={contact_id: reason}))
    if answer.status >= 500 or answer.status in (401, 404):
        # 401 and 404 speak of the bot's token, not of the message.
        return ProviderDown(reason)
    return PermanentRefusal(reason)


def _said(answer: Answer) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _message_id(answer: Answer) -> str:
    result = _said(answer).get("result")
    return str(result.get("message_id", ""))[:100] if isinstance(result, dict) else ""
