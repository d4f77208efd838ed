"""Stars in the catalogue."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from bus.facts import ReceivedFact
from common.transactions import use_case
from events.handlers import ChangedRating, on_event_published, on_rating_changed
from events.models import Event, OrganizerRating
from reviews.domain_events import RatingChanged
from tests.factories.accounts import make_organizer
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 6, 1, tzinfo=UTC)


def tell(event: Event, *, mean: str, at: datetime = NOW, organizer_mean: str = "4.50", count: int = 2) -> None:
    stated = RatingChanged(
        event_id=event.id,
        organizer_id=event.organizer_id,
        count=count,
        mean=Decimal(mean),
        score=Decimal("4.1000"),
        organizer_count=9,
        organizer_mean=Decimal(organizer_mean),
        organizer_score=Decimal("4.3000"),
    )
    # What is stated can be read by the handler's own schema.
    data = msgspec.json.decode(msgspec.json.encode(stated), type=ChangedRating)
    with use_case():
        on_rating_changed(
            ReceivedFact(id="1", type="reviews.rating.changed.v1", key=str(event.id), occurred_at=at, data=data)
        )


def stars(event: Event) -> tuple[Decimal | None, Decimal]:
    event.refresh_from_db()
    return event.rating, event.rating_score


class TestApplyRating:
    def test_shows_an_event_with_its_own_stars(self) -> None:
        event = make_event()

        tell(event, mean="3.50")

        assert stars(event) == (Decimal("3.50"), Decimal("4.1000"))

    def test_lends_the_organizers_stars_to_events_without_reviews(self) -> None:
        organizer = make_organizer()
        over, upcoming, foreign = make_event(organizer=organizer), make_event(organizer=organizer), make_event()

        tell(over, mean="3.50", organizer_mean="4.75")

        assert stars(upcoming) == (Decimal("4.75"), Decimal("4.3000"))
        assert stars(foreign) == (None, Decimal(4))

    def test_keeps_what_was_told_last(self) -> None:
        event = make_event()
        tell(event, mean="3.50", organizer_mean="4.75")

        tell(event, mean="1.00", at=NOW - timedelta(seconds=1), organizer_mean="1.00")

        assert stars(event)[0] == Decimal("3.50")
        assert OrganizerRating.objects.get().mean == Decimal("4.75")

    def test_gives_the_same_when_told_twice(self) -> None:
        event = make_event()
        tell(event, mean="3.50")
        tell(event, mean="3.50")

        assert stars(event)[0] == Decimal("3.50")
        assert OrganizerRating.objects.count() == 1

    def test_a_new_event_begins_with_its_organizers_stars(self) -> None:
        organizer = make_organizer()
        OrganizerRating.objects.create(organizer=organizer, mean=Decimal("4.20"), score=Decimal("4.1"), told_at=NOW)
        event = make_event(organizer=organizer)

        with use_case():
            on_event_published(
                ReceivedFact(id="1", type="events.event.published.v1", key="", occurred_at=NOW, data=event)
            )

        assert stars(event)[0] == Decimal("4.20")
