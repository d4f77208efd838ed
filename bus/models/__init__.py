from bus.models.delivery import Delivery
from bus.models.inbox_message import InboxMessage
from bus.models.outbox_row import OutboxRow
from bus.models.relay_cursor import RelayCursor

__all__ = ["Delivery", "InboxMessage", "OutboxRow", "RelayCursor"]
