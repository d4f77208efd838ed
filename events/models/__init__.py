from events.models.category import Category
from events.models.event import Event
from events.models.event_access import EventAccess
from events.models.favorite import Favorite
from events.models.ticket_type import TicketType

__all__ = ["Category", "Event", "EventAccess", "Favorite", "TicketType"]
