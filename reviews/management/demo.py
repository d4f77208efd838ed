"""The demo's reviews: what the demo's people say about the finished events they attended.

Texts stand in demo_reviews.json. They go through the services, so that ratings, decisions, answers and facts are real;
a second run finds the same texts for the same bookings and writes what is missing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import OrganizerMember
from bookings.models import Booking
from events.models import Event
from reviews.models import Review
from reviews.models.review import WRITE_WINDOW
from reviews.services.claim_review import claim_review
from reviews.services.publish_review import publish_review
from reviews.services.reply_to_review import reply_to_review
from reviews.services.vote_helpful import vote_helpful
from reviews.services.write_review import Draft, write_review

TEXTS = Path(__file__).with_name("demo_reviews.json")
# What an event is about, by words of its title and category.
KINDS = {
    "raft": ("сплав", "рафт"),
    "kayak": ("каяк", "байдар"),
    "sup": ("сап", "sup"),
    "sail": ("парус", "яхт"),
    "dive": ("дайв", "погруж"),
    "ski": ("лыж", "скитур", "сноуборд"),
    "dogs": ("упряж", "хаски"),
    "ice": ("коньк",),
    "winter": ("зим", "лыж", "скитур", "снегоступ", "упряж", "хаски", "коньк", "лёд"),
    "hike": ("поход", "треккинг", "восхожд", "троп", "вершин", "перевал"),
}


@dataclass(frozen=True, kw_only=True)
class Text:
    """A review to be written; `about` is empty when it suits every event, `voice` when it suits every author."""

    stars: int
    text: str
    aspects: dict[str, int] = field(default_factory=dict)
    about: list[str] = field(default_factory=list)
    voice: str = ""
    reply: str = ""
    is_pending: bool = False

    def suits(self, booking: Booking) -> bool:
        about_it = not self.about or bool(set(self.about) & _kinds_of(booking.event))
        return about_it and self.voice in ("", _voice_of(booking.user))


def load_demo(known: dict[str, Any]) -> dict[str, Any]:
    """Write what is missing; the accounts that scripts sign in with keep their events unreviewed."""
    kept_free = {UUID(account["id"]) for account in known["accounts"].values()}
    moderator_id = UUID(known["accounts"]["admin"]["id"])
    bookings = [one for one in _attended() if one.user_id not in kept_free]
    readers = sorted({one.user_id for one in bookings})
    for number, (booking, text) in enumerate(_matched(bookings)):
        if not Review.objects.filter(event_id=booking.event_id, author_id=booking.user_id).exists():
            _tell(booking, text, moderator_id, [readers[(number + step) % len(readers)] for step in range(number % 6)])
    return {}


def _attended() -> list[Booking]:
    """Return bookings of events that may still be reviewed, mixed over the events but always in the same order."""
    over = Booking.objects.filter(
        status=Booking.Status.ATTENDED,
        event__in=Event.objects.readable_by_guests(),
        event__ends_at__lte=timezone.now(),
        event__ends_at__gt=timezone.now() - WRITE_WINDOW,
    )
    return sorted(over.select_related("user", "event__category__parent"), key=lambda one: (one.user_id, one.event_id))


def _matched(bookings: list[Booking]) -> Iterator[tuple[Booking, Text]]:
    """Yield each text with the booking that writes it; those that wait and the choosy ones choose first."""
    texts = [Text(**one) for one in json.loads(TEXTS.read_text())]
    free = list(bookings)
    for text in sorted(texts, key=lambda one: (not one.is_pending, not one.about, not one.voice)):
        author = next((one for one in free if text.suits(one)), None)
        if author is not None:
            free.remove(author)
            yield author, text


def _tell(booking: Booking, text: Text, moderator_id: UUID, readers: list[UUID]) -> None:
    written_at = _moment_after(booking)
    review = write_review(
        author_id=booking.user_id,
        event_id=booking.event_id,
        draft=Draft(rating=text.stars, text=text.text, aspects=text.aspects),
        publish_clean=False,
        now=written_at,
    )
    if text.is_pending:
        return
    decided_at = min(written_at + timedelta(hours=3), timezone.now())
    claim_review(review_id=review.pk, moderator_id=moderator_id, now=decided_at)
    publish_review(review_id=review.pk, moderator_id=moderator_id, now=decided_at)
    if text.reply:
        member_id = _speaker_of(booking.event)
        reply_to_review(review_id=review.pk, member_id=member_id, text=text.reply, now=decided_at)
    for reader_id in set(readers) - {booking.user_id}:
        vote_helpful(review_id=review.pk, voter_id=reader_id, now=decided_at)


def _moment_after(booking: Booking) -> datetime:
    """Return some hours or days after the end, different for each author."""
    hours = booking.user_id.int % 100 + 2
    return min(booking.event.ends_at + timedelta(hours=hours), timezone.now())


def _speaker_of(event: Event) -> UUID:
    speakers = OrganizerMember.objects.filter(organizer_id=event.organizer_id, role__in=["owner", "manager"])
    return speakers.order_by("id").values_list("user_id", flat=True)[0]


def _kinds_of(event: Event) -> set[str]:
    category, parent = event.category, event.category.parent
    words = f"{event.title} {category.name_ru} {parent.name_ru if parent else ''}".lower()
    return {kind for kind, signs in KINDS.items() if any(sign in words for sign in signs)}


def _voice_of(user: Any) -> str:
    """Russian surnames of women end in «а»."""
    return "she" if user.display_name.endswith("а") else "he"
