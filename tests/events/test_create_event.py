from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from common.money import Money
from common.problems import InvalidInput, NotAllowed, NotFound
from common.transactions import use_case
from events.actors import Actor
from events.models import Event
from events.services.create_event import create_event
from events.slugs import slug_of
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_category

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def fields(**more: Any) -> dict[str, Any]:
    known = {
        "title": "Сплав по Катуни",
        "category": make_category(),
        "starts_at": NOW + timedelta(days=3),
        "ends_at": NOW + timedelta(days=3, hours=4),
        "currency": "RUB",
    }
    return known | more


def create(actor: Actor, **options: Any) -> Event:
    with use_case():
        return create_event(
            actor=actor,
            organizer_id=options.get("organizer_id"),
            fields=options.get("fields") or fields(),
            ticket_types=options.get("ticket_types", []),
        )


class TestCreateEvent:
    def test_gives_two_that_are_made_at_once_addresses_of_their_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        owner = make_user()
        make_organizer(owner=owner)
        # Both have looked before either of them has written.
        monkeypatch.setattr("events.services.create_event._free_slug", lambda event: slug_of(event.title))

        first, second = create(Actor(owner.id)), create(Actor(owner.id))

        assert (first.slug, second.slug) == ("splav-po-katuni", f"splav-po-katuni-{second.id.hex[-8:]}")

    def test_makes_a_draft_with_its_ticket_types_in_their_order(self) -> None:
        owner = make_user()
        organizer = make_organizer(owner=owner)
        types = [
            {"name": "Adult", "price": Money(Decimal(4500), "RUB"), "capacity": 20},
            {"name": "Child", "price": Money(Decimal(2500), "RUB"), "capacity": 5},
        ]

        event = create(Actor(owner.id), ticket_types=types)

        assert (event.status, event.organizer, event.slug) == ("draft", organizer, "splav-po-katuni")
        assert [(one.name, one.price, one.currency, one.position) for one in event.ticket_types.all()] == [
            ("Adult", 4500, "RUB", 0),
            ("Child", 2500, "RUB", 1),
        ]

    def test_gives_a_second_event_of_the_same_title_its_own_address(self) -> None:
        owner = make_user()
        make_organizer(owner=owner)
        first = create(Actor(owner.id))

        second = create(Actor(owner.id))

        assert second.slug.startswith(first.slug + "-")

    def test_knows_the_day_of_the_start_by_the_calendar_of_the_place(self) -> None:
        owner = make_user()
        make_organizer(owner=owner)
        late = NOW.replace(hour=20, minute=0) + timedelta(days=3)

        event = create(
            Actor(owner.id),
            fields=fields(starts_at=late, ends_at=late + timedelta(hours=1), time_zone="Asia/Kamchatka"),
        )

        assert event.starts_on == late.date() + timedelta(days=1)

    def test_refuses_who_manages_no_organizer(self) -> None:
        with pytest.raises(NotAllowed):
            create(Actor(make_user().id))

    def test_refuses_an_organizer_of_somebody_else(self) -> None:
        owner = make_user()
        make_organizer(owner=owner)

        with pytest.raises(NotFound):
            create(Actor(owner.id), organizer_id=make_organizer().id)

    def test_asks_which_organizer_it_is_when_there_are_several(self) -> None:
        owner = make_user()
        make_organizer(owner=owner)
        second = make_organizer(owner=owner)

        with pytest.raises(InvalidInput) as refused:
            create(Actor(owner.id))

        assert refused.value.errors[0].pointer == "/organizer"
        assert create(Actor(owner.id), organizer_id=second.id).organizer == second

    def test_refuses_an_end_before_the_start(self) -> None:
        owner = make_user()
        make_organizer(owner=owner)

        with pytest.raises(InvalidInput) as refused:
            create(Actor(owner.id), fields=fields(ends_at=NOW + timedelta(days=2)))

        assert refused.value.errors[0].pointer == "/ends_at"

    def test_points_at_the_ticket_type_that_is_wrong(self) -> None:
        owner = make_user()
        make_organizer(owner=owner)
        types = [
            {"name": "Adult", "price": Money(Decimal(4500), "RUB"), "capacity": 20},
            {"name": "Child", "price": Money(Decimal(25), "EUR"), "capacity": 5},
        ]

        with pytest.raises(InvalidInput) as refused:
            create(Actor(owner.id), ticket_types=types)

        assert refused.value.errors[0].pointer == "/ticket_types/1/price/currency"
        assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Сплав по Катуни", "splav-po-katuni"),
        ("Ёлки, щука и объезд", "elki-shchuka-i-obezd"),
        ("SUP & yoga", "sup-yoga"),
        ("川下り", "event"),
        ("я" * 200, "ya" * 40),
    ],
)
def test_a_title_is_written_in_latin_letters(title: str, slug: str) -> None:
    assert slug_of(title) == slug
