"""Make the address by which a person lets a bot write to them: `t.me/<bot>?start=<code>`."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from common.transactions import requires_transaction
from notifications.event_types.registry import OneCustomer, OneUser
from notifications.models import TelegramLinkCode
from notifications.selectors.addresses import find_telegram_bot
from notifications.services.know_recipients import key_of, know_recipients

CODE_LIVES = timedelta(days=7)


@requires_transaction
def make_telegram_link(*, person: OneUser | OneCustomer, now: datetime) -> str:
    """Return a link that works once, with the bot of the customer's project or the product's own; '' without a bot."""
    project_id: UUID | None = person.project_id if isinstance(person, OneCustomer) else None
    bot = find_telegram_bot(project_id=project_id)
    if bot is None:
        return ""
    known = know_recipients(people=[person], now=now)
    # 128 bits in the characters that a start parameter may have (https://core.telegram.org/bots/features#deep-linking).
    code = secrets.token_urlsafe(16)
    TelegramLinkCode.objects.create(
        code_hash=hash_of_code(code),
        bot=bot,
        recipient_id=known[key_of(person)].recipient_id,
        expires_at=now + CODE_LIVES,
    )
    return f"https://t.me/{bot.username}?start={code}"


def hash_of_code(code: str) -> bytes:
    """Return what a code is kept as."""
    return hashlib.sha256(code.encode()).digest()
