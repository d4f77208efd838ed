"""Reviews and what surrounds them."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import Organizer, User
from bookings.models import Booking
from common.transactions import use_case
from events.models import Event
from reviews.models import Review
from reviews.services.check_text import digest_of
from reviews.services.claim_review import claim_review
from reviews.services.publish_review import publish_review
from tests.factories.accounts import make_staff, make_user
from tests.factories.events import make_event

_numbers = count(1)
LONG_AGO = timedelta(days=400)


def make_past_event(*, days_ago: int = 3, organizer: Organizer | None = None, **fields: Any) -> Event:
    """Make an event that ended some days ago."""
    ends_at = timezone.now() - timedelta(days=days_ago)
    fields.setdefault("starts_at", ends_at - timedelta(hours=5))
    return make_event(organizer=organizer, ends_at=ends_at, status=Event.Status.FINISHED, **fields)


def make_attendee(event: Event, **fields: Any) -> User:
    """Make a user of an old account who was at the event."""
    user = make_user(**fields)
    User.objects.filter(pk=user.pk).update(created_at=timezone.now() - LONG_AGO)
    Booking.objects.create(
        user=user,
        event=event,
        status=Booking.Status.ATTENDED,
        seats=1,
        amount=Decimal("1000.00"),
        currency="RUB",
        cancellable_hours_before=24,
        hold_expires_at=event.starts_at,
        confirmed_at=event.starts_at - timedelta(days=3),
        attended_at=event.starts_at,
    )
    return user


def make_moderator(**fields: Any) -> User:
    """Make a member of staff who decides about reviews."""
    return make_staff("moderator", **fields)


def make_review(*, event: Event | None = None, author: User | None = None, **fields: Any) -> Review:
    """Make a review that waits for a moderator, written an hour ago."""
    event = event or make_past_event()
    written_at = fields.pop("written_at", timezone.now() - timedelta(hours=1))
    fields.setdefault("text", f"A day on the river that nobody of us will forget, number {next(_numbers)}.")
    fields.setdefault("rating", 5)
    fields.setdefault("text_digest", digest_of(fields["text"]))
    fields.setdefault("created_at", written_at)
    fields.setdefault("submitted_at", written_at)
    return Review.objects.create(event=event, author=author or make_attendee(event), **fields)


def make_published_review(*, now: datetime | None = None, moderator: User | None = None, **fields: Any) -> Review:
    """Make a review and publish it through the services, so that ratings count it."""
    review = make_review(**fields)
    moderator = moderator or make_moderator()
    now = now or timezone.now()
    with use_case():
        claim_review(review_id=review.pk, moderator_id=moderator.pk, now=now)
        publish_review(review_id=review.pk, moderator_id=moderator.pk, now=now)
    review.refresh_from_db()
    return review
