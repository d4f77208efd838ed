from events.models.bulk_operation import BulkItem, BulkOperation
from events.models.calendar_link import CalendarLink
from events.models.category import Category
from events.models.cover_file import CoverFile
from events.models.crew import CrewAssignment, CrewNeed
from events.models.event import Event
from events.models.event_access import EventAccess
from events.models.event_series import EventSeries
from events.models.favorite import Favorite
from events.models.moderation import EventReport, ModerationCase, StopWord
from events.models.organizer_rating import OrganizerRating
from events.models.promo_code import PromoCode, PromoCodeUse
from events.models.question import Answer, Question
from events.models.ticket_type import TicketType

__all__ = [
    "Answer",
    "BulkItem",
    "BulkOperation",
    "CalendarLink",
    "Category",
    "CoverFile",
    "CrewAssignment",
    "CrewNeed",
    "Event",
    "EventAccess",
    "EventReport",
    "EventSeries",
    "Favorite",
    "ModerationCase",
    "OrganizerRating",
    "PromoCode",
    "PromoCodeUse",
    "Question",
    "StopWord",
    "TicketType",
]
