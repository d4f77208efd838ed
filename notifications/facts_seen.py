"""What the notifications read of other apps' facts: only what a message needs, so that the rest may change."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from notifications.event_types.registry import OneCustomer, OneUser


class PersonSeen(msgspec.Struct, kw_only=True):
    """Of a user; what isn't told stays as it was."""

    user_id: UUID
    email: str | None = None
    display_name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    birth_on: date | None = None


class UserSeen(msgspec.Struct, kw_only=True):
    user_id: UUID


class ItemSeen(msgspec.Struct, kw_only=True):
    name: str
    quantity: int


class BookingSeen(msgspec.Struct, kw_only=True):
    booking_id: UUID
    user_id: UUID
    event_id: UUID
    event_title: str
    starts_at: datetime
    time_zone: str = "UTC"
    city: str = ""
    venue: str = ""
    seats: int
    amount: str
    currency: str
    items: list[ItemSeen] = []
    cancelled_by: str = ""
    refund: str = "0"
    why: str = ""
    hold_expires_at: datetime | None = None
    receiver_id: UUID | None = None
    receiver_booking_id: UUID | None = None


class MovedSeen(BookingSeen, kw_only=True):
    reason: str = ""


class LetterSeen(msgspec.Struct, kw_only=True):
    """What an organizer has written to one of those who booked."""

    booking_id: UUID
    user_id: UUID
    event_id: UUID
    event_title: str
    organizer_name: str
    subject: str
    text: str


class EventSeen(msgspec.Struct, kw_only=True):
    event_id: UUID
    title: str
    starts_at: datetime
    time_zone: str = "UTC"
    city: str = ""
    venue: str = ""
    reason: str = ""
    old_starts_at: datetime | None = None


class RoleSeen(msgspec.Struct, kw_only=True):
    role: str
    missing: int


class OwnEventSeen(EventSeen, kw_only=True):
    """What those who organize the event are told."""

    member_ids: list[UUID] = []


class CrewSeen(OwnEventSeen, kw_only=True):
    roles: list[RoleSeen] = []


class ReviewSeen(msgspec.Struct, kw_only=True):
    review_id: UUID
    event_id: UUID
    event_title: str
    author_id: UUID
    rating: int
    reason: str = ""


class PointsSeen(msgspec.Struct, kw_only=True):
    """`user_id` is told where the customer is a user of the platform."""

    project_id: UUID
    customer_id: UUID
    amount: str
    balance: str
    user_id: str = ""
    expires_at: str = ""
    level: str = ""
    level_before: str = ""

    @property
    def whom(self) -> OneUser | OneCustomer:
        if self.user_id:
            return OneUser(user_id=UUID(self.user_id))
        return OneCustomer(project_id=self.project_id, customer_id=self.customer_id)


class UnreadSeen(msgspec.Struct, kw_only=True):
    user_id: UUID
    conversation_id: UUID
    title: str = ""
    sender_name: str = ""
    unread: int
    is_mentioned: bool = False


class PlannedSeen(msgspec.Struct, kw_only=True):
    """Of a planned job's copy."""

    job_id: UUID


class PlannedCopy(msgspec.Struct, kw_only=True):
    data: PlannedSeen
