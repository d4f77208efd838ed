"""The demo's programme."""

from typing import Any

import pytest
from django.db.models import F

from common.transactions import use_case
from events.covers import DRAWN, FOLDER, LIGHTS, drawn_cover_of
from events.management.demo import ORGANIZERS, load_demo
from events.models import Event
from events.models.lifecycle import Status
from tests.architecture.sources import ROOT
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_category, make_event

pytestmark = pytest.mark.django_db


def known() -> dict[str, Any]:
    return {
        "demo_organizer_id": str(make_organizer().id),
        "demo_people": [str(make_user().id) for _ in ORGANIZERS],
    }


class TestLoadDemo:
    def test_makes_the_same_programme_on_each_run(self) -> None:
        first = known()
        with use_case():
            made = load_demo(first)
        with use_case():
            again = load_demo(first)

        assert made == again
        assert Event.objects.listed().count() >= 50
        assert Event.objects.filter(organizer_id=first["demo_organizer_id"]).count() >= 15

    def test_publishes_no_event_before_it_is_written(self) -> None:
        with use_case():
            load_demo(known())

        assert not Event.objects.filter(published_at__lte=F("created_at")).exists()

    def test_gives_the_events_that_others_ask_for(self) -> None:
        with use_case():
            roles = load_demo(known())["demo_events"]

        def status(role: str) -> str:
            return Event.objects.get(id=roles[role]).status

        assert (status("bookable"), status("free"), status("few"), status("soldout")) == (Status.PUBLISHED,) * 4
        assert status("finished") == Status.FINISHED
        assert Event.objects.filter(id__in=roles["all_finished"], status=Status.FINISHED).count() >= 3
        assert Event.objects.get(id=roles["free"]).ticket_types.get().price == 0


class TestCoverOf:
    def test_every_cover_is_drawn(self) -> None:
        names = {f"{name}-{light}.svg" for name in DRAWN for light in LIGHTS}

        assert names == {path.name for path in (ROOT / "static" / FOLDER).iterdir()}

    def test_falls_back_to_the_parent_and_then_to_water(self) -> None:
        water = make_category(slug="sup")
        event = make_event(category=make_category(slug="sup-polo", parent=water))

        assert drawn_cover_of(event).startswith("img/covers/sup-")
        assert drawn_cover_of(make_event()).startswith("img/covers/water-")
