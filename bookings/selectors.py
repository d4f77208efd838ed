"""Reads of bookings, always scoped to who asks."""

import uuid

from django.db.models import QuerySet

from bookings.models import Booking
from common.problems import NotFound


def attended_event(*, user_id: uuid.UUID, event_id: uuid.UUID) -> bool:
    """Tell whether the user has a booking of the event that counts as attended."""
    return Booking.objects.filter(user_id=user_id, event_id=event_id, status=Booking.Status.ATTENDED).exists()


def get_booking_of_user(*, user_id: uuid.UUID, booking_id: uuid.UUID) -> Booking:
    """Return the user's own booking with its event and items.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    booking = Booking.objects.told().of_user(user_id).filter(id=booking_id).first()
    if booking is None:
        raise NotFound()
    return booking


def list_bookings_of_user(*, user_id: uuid.UUID) -> QuerySet[Booking]:
    """Return the user's bookings, newest first."""
    return Booking.objects.told().of_user(user_id).order_by("-created_at", "-id")
