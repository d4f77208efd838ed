"""What people care about now comes first."""

from datetime import UTC, datetime, timedelta

import pytest

from common.transactions import use_case
from events.models import Event, EventAccess, Favorite
from events.services.roll_up_popularity import roll_up_popularity
from events.tasks import weigh_popularity
from tests.factories.accounts import make_user
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 6, 1, tzinfo=UTC)


def roll_up(now: datetime = NOW) -> int:
    with use_case():
        return roll_up_popularity(now=now)


def like(event: Event, *, days_ago: float = 0) -> None:
    favorite = Favorite.objects.create(user=make_user(), event=event)
    Favorite.objects.filter(id=favorite.id).update(created_at=NOW - timedelta(days=days_ago))


def book(event: Event, *, days_ago: float = 0) -> None:
    access = EventAccess.objects.create(user=make_user(), event=event)
    EventAccess.objects.filter(id=access.id).update(granted_at=NOW - timedelta(days=days_ago))


def popularity(event: Event) -> int:
    event.refresh_from_db()
    return event.popularity


class TestRollUpPopularity:
    def test_weighs_a_booking_three_times_a_favourite(self) -> None:
        liked, booked = make_event(), make_event()
        like(liked)
        book(booked)

        assert roll_up() == 2
        assert (popularity(liked), popularity(booked)) == (1000, 3000)

    def test_halves_every_week_and_forgets_after_ninety_days(self) -> None:
        last_week, long_ago = make_event(), make_event()
        like(last_week, days_ago=7)
        like(long_ago, days_ago=91)

        roll_up()

        assert (popularity(last_week), popularity(long_ago)) == (500, 0)

    def test_writes_only_what_has_changed(self) -> None:
        event = make_event()
        like(event)
        roll_up()

        assert roll_up() == 0
        assert roll_up(NOW + timedelta(days=7)) == 1
        assert popularity(event) == 500

    def test_falls_to_nothing_when_nobody_cares_any_more(self) -> None:
        event = make_event()
        like(event)
        roll_up()
        Favorite.objects.all().delete()

        roll_up()

        assert popularity(event) == 0

    def test_leaves_what_is_not_listed_alone(self) -> None:
        event = make_event(status="finished")
        like(event)

        assert roll_up() == 0

    def test_runs_by_the_clock(self) -> None:
        event = make_event()
        like(event)
        Favorite.objects.update(created_at=datetime.now(UTC) - timedelta(minutes=1))

        weigh_popularity()

        assert popularity(event) > 900
