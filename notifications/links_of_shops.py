"""Links by which a shop's customer lets the shop's bot write to them: what loyalty asks of this app, joined in
config/wiring.py."""

from datetime import datetime
from uuid import UUID

from notifications.event_types.registry import OneCustomer
from notifications.services.make_telegram_link import make_telegram_link


class ShopTelegramLinks:
    """With the bot of the shop's project; what it writes is about this customer of this shop."""

    def link(self, *, project_id: UUID, customer_id: UUID, now: datetime) -> str:
        return make_telegram_link(person=OneCustomer(project_id=project_id, customer_id=customer_id), now=now)
