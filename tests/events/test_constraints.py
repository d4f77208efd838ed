"""Each rule that the database keeps, broken once."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from events.models import Category, CrewAssignment, CrewNeed, Event, EventAccess, Favorite, OrganizerRating, TicketType
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db

PERSON = uuid.uuid4()


def _event(**fields: Any) -> Callable[[], Any]:
    return lambda: Event.objects.filter(id=make_event().id).update(**fields)


def _type(**fields: Any) -> Callable[[], Any]:
    return lambda: TicketType.objects.filter(id=make_ticket_type().id).update(**fields)


def _own_parent() -> None:
    category = make_category()
    Category.objects.filter(id=category.id).update(parent=category)


def _same_category_slug() -> None:
    make_category(slug=make_category().slug)


def _ends_at_its_start() -> None:
    event = make_event()
    Event.objects.filter(id=event.id).update(ends_at=event.starts_at)


def _same_event_slug() -> None:
    organizer = make_organizer()
    make_event(organizer=organizer, slug="one")
    make_event(organizer=organizer, slug="one")


def _same_type_name() -> None:
    event = make_event()
    make_ticket_type(event=event, name="Adult")
    make_ticket_type(event=event, name="Adult")


def _closes_before_it_opens() -> None:
    event = make_event()
    make_ticket_type(event=event, sale_opens_at=event.starts_at, sale_closes_at=event.starts_at - timedelta(seconds=1))


def _twice(model: Any) -> Callable[[], None]:
    def write() -> None:
        user, event = make_user(), make_event()
        model.objects.create(user=user, event=event)
        model.objects.create(user=user, event=event)

    return write


def _assigned(**fields: Any) -> CrewAssignment:
    start = datetime(2030, 6, 14, tzinfo=UTC)
    known = {"name": "Ann", "role": "cook", "status": "assigned", "told_at": start}
    event = fields.pop("event", None) or make_event()
    during = DateTimeTZRange(start, start + timedelta(hours=1))
    return CrewAssignment.objects.create(event=event, person_id=PERSON, during=during, **known | fields)


RULES = {
    "events_category_slug_unique": _same_category_slug,
    "events_category_not_own_parent": _own_parent,
    "events_event_ends_after_start": _ends_at_its_start,
    "events_event_within_capacity": _event(capacity=3, held=2, sold=2),
    "events_event_slug_unique": _same_event_slug,
    "events_event_reason_given": _event(status="suspended", status_reason=""),
    "events_event_status_known": _event(status="sleeping"),
    "events_event_published_at_known": _event(status="published", published_at=None),
    "events_event_age_rating_known": _event(age_rating="7+"),
    "events_event_position_on_earth": _event(latitude="50", longitude=None),
    "events_event_prices_ordered": _event(price_from=2, price_to=1),
    "events_event_rating_of_stars": _event(rating=None, rating_count=1),
    "events_organizer_rating_of_stars": lambda: OrganizerRating.objects.create(
        organizer=make_organizer(), mean=6, score=4, told_at=timezone.now()
    ),
    "events_crew_need_role_once": lambda: [
        CrewNeed.objects.create(event=event, role="cook", wanted=1) for event in [make_event()] * 2
    ],
    "events_crew_need_of_somebody": lambda: CrewNeed.objects.create(event=make_event(), role="cook", wanted=0),
    "events_crew_assignment_once": lambda: [_assigned(event=event, status="declined") for event in [make_event()] * 2],
    "events_crew_assignment_status_known": lambda: _assigned(status="asleep"),
    "events_crew_assignment_reason_given": lambda: _assigned(status="refused"),
    "events_crew_assignment_no_overlap": lambda: [_assigned(), _assigned()],
    "events_ticket_type_within_capacity": _type(capacity=3, held=2, sold=2),
    "events_ticket_type_price_not_negative": _type(price=-1),
    "events_ticket_type_limits_ordered": _type(min_per_booking=3, max_per_booking=2),
    "events_ticket_type_sale_window_ordered": _closes_before_it_opens,
    "events_ticket_type_name_unique": _same_type_name,
    "events_favorite_once": _twice(Favorite),
    "events_event_access_once": _twice(EventAccess),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_database_refuses_what_breaks_the_rule(rule: str) -> None:
    with pytest.raises(IntegrityError, match=rf'"{rule}"'):
        RULES[rule]()


@pytest.mark.parametrize("position", [("91", "0"), ("0", "181"), (None, "50")])
def test_a_point_outside_the_earth_is_refused(position: tuple[Any, Any]) -> None:
    with pytest.raises(IntegrityError, match="events_event_position_on_earth"):
        _event(latitude=position[0], longitude=position[1])()
