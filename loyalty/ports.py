"""What loyalty needs now from apps beside it: implemented there, joined in config/wiring.py.

Loyalty never imports who implements it. Every call runs inside the caller's open transaction.
"""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class TelegramLinks(Protocol):
    """Addresses by which a shop's customer lets the shop's bot write to them."""

    def link(self, *, project_id: UUID, customer_id: UUID, now: datetime) -> str:
        """Return an address that works once, '' where the shop has no bot here."""


class NoLinks:
    """Nobody writes to customers: what an installation has until an app joins its own."""

    def link(self, *, project_id: UUID, customer_id: UUID, now: datetime) -> str:
        return ""


class Joined:
    """What stands at each port now."""

    telegram_links: TelegramLinks = NoLinks()


def telegram_links() -> TelegramLinks:
    """Return what makes the links here."""
    return Joined.telegram_links


def join_telegram_links(implementation: TelegramLinks) -> None:
    """Let another app's bots write to customers; called once, while the process starts."""
    Joined.telegram_links = implementation
