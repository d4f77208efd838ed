"""Where Telegram tells of a bot's chats (https://core.telegram.org/bots/api#setwebhook)."""

import hmac
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common.problems import NotFound
from common.transactions import use_case
from notifications.selectors.addresses import get_telegram_bot
from notifications.services.receive_telegram_update import receive_telegram_update

LARGEST_UPDATE = 64 * 1024


@csrf_exempt
@require_POST
def telegram_update(request: HttpRequest, bot_id: UUID) -> HttpResponse:
    """Take an update; the answer carries what the bot says in the chat.

    A wrong secret is told the same as an unknown bot. What can't be read is taken and forgotten: Telegram would repeat
    it for a day.
    """
    bot = get_telegram_bot(bot_id=bot_id)
    shown = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
    if not hmac.compare_digest(shown.encode(), bot.webhook_secret.encode()):
        raise NotFound()
    try:
        update = msgspec.json.decode(request.read(LARGEST_UPDATE + 1))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return HttpResponse(status=200)
    if not isinstance(update, dict):
        return HttpResponse(status=200)
    with use_case():
        words = receive_telegram_update(bot=bot, update=update, now=timezone.now())
    if not words:
        return HttpResponse(status=200)
    return JsonResponse({"method": "sendMessage", "chat_id": update["message"]["chat"]["id"], "text": words})
