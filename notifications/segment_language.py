"""The condition language of segments: a JSON object whose members must all hold.

    {"by_genres": ["sci-fi"], "min_age": 16, "any_of": [{"cities": ["Perm"]}, {"last_booked_within_days": 90}]}

| member | holds for whom |
|---|---|
| `by_genres`, `has_any_tag` | likes any of them, carries any of them |
| `min_age`, `max_age` | has had that birthday, has not had the one after; nobody without a birth date |
| `cities`, `locales`, `loyalty_levels` | lives in, reads, has reached any of them |
| `registered_before`, `registered_after` | registered before that instant, at it or later |
| `last_booked_within_days`, `not_booked_for_days` | booked in the last days; booked once, but not in the last days |
| `has_consented` | has (not) agreed to news and offers |
| `booked_event` | has a confirmed booking of the event |
| `any_of`, `none_of` | one, none of these conditions holds |

An empty object is everybody. What isn't known of a person never counts for them.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db.models import Exists, OuterRef, Q
from msgspec import UNSET, UnsetType

from bookings.models import Booking
from bookings.models.lifecycle import BookingStatus

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Words = Annotated[list[Word], msgspec.Meta(min_length=1, max_length=50)]
Age = Annotated[int, msgspec.Meta(ge=0, le=120)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
DEEPEST = 3
COMING = (BookingStatus.CONFIRMED, BookingStatus.ATTENDED)


class Conditions(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True, kw_only=True):
    """What a segment asks of a recipient."""

    by_genres: Words | UnsetType = UNSET
    has_any_tag: Words | UnsetType = UNSET
    min_age: Age | UnsetType = UNSET
    max_age: Age | UnsetType = UNSET
    cities: Words | UnsetType = UNSET
    locales: Words | UnsetType = UNSET
    loyalty_levels: Words | UnsetType = UNSET
    registered_before: Instant | UnsetType = UNSET
    registered_after: Instant | UnsetType = UNSET
    last_booked_within_days: Days | UnsetType = UNSET
    not_booked_for_days: Days | UnsetType = UNSET
    has_consented: bool | UnsetType = UNSET
    booked_event: UUID | UnsetType = UNSET
    any_of: Annotated[list["Conditions"], msgspec.Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    none_of: Annotated[list["Conditions"], msgspec.Meta(min_length=1, max_length=20)] | UnsetType = UNSET


class ConditionsTooDeep(ValueError):
    """Conditions inside conditions inside conditions: nobody could say whom they mean."""


def read_conditions(given: Any) -> Conditions:
    """Parse conditions.

    Raises:
        msgspec.ValidationError: they aren't of this language.
        ConditionsTooDeep
    """
    conditions = msgspec.convert(given, Conditions, strict=True)
    if _depth(conditions) > DEEPEST:
        raise ConditionsTooDeep(f"conditions may be nested {DEEPEST} deep")
    return conditions


def membership(conditions: Conditions, *, today: date) -> Q:
    """Return the condition as a filter of recipients."""
    wanted = Q()
    for _, leaf in leaves(conditions, today=today):
        wanted &= leaf
    return wanted


def leaves(conditions: Conditions, *, today: date) -> list[tuple[str, Q]]:
    """Return each member that is given, with the filter that it means."""
    return [
        (name, meaning(getattr(conditions, name), today))
        for name, meaning in MEANINGS.items()
        if getattr(conditions, name) is not UNSET
    ]


def years_before(day: date, years: int) -> date:
    """Return the latest birth date of somebody who is `years` old on `day`; born on 29 February ages on 1 March."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def _days_ago(today: date, days: int) -> datetime:
    return datetime.combine(today, time(), tzinfo=UTC) - timedelta(days=days)


def _booked(event_id: UUID, _: date) -> Q:
    bookings = Booking.objects.filter(event_id=event_id, user_id=OuterRef("external_id"), status__in=COMING)
    return Q(Exists(bookings), kind="user")


def _any_of(parts: list[Conditions], today: date) -> Q:
    return reduce(or_, [membership(part, today=today) for part in parts])


MEANINGS: dict[str, Any] = {
    "by_genres": lambda words, _: Q(genres__overlap=[word.strip().lower() for word in words]),
    "has_any_tag": lambda words, _: Q(tags__overlap=words),
    "min_age": lambda age, today: Q(birth_on__lte=years_before(today, age)),
    "max_age": lambda age, today: Q(birth_on__gt=years_before(today, age + 1)),
    "cities": lambda words, _: Q(city__in=words),
    "locales": lambda words, _: Q(locale__in=words),
    "loyalty_levels": lambda words, _: Q(loyalty_level__in=words),
    "registered_before": lambda instant, _: Q(registered_at__lt=instant),
    "registered_after": lambda instant, _: Q(registered_at__gte=instant),
    "last_booked_within_days": lambda days, today: Q(last_booked_at__gte=_days_ago(today, days)),
    "not_booked_for_days": lambda days, today: Q(last_booked_at__lt=_days_ago(today, days)),
    "has_consented": lambda has, _: Q(marketing_consent_at__isnull=not has),
    "booked_event": _booked,
    "any_of": _any_of,
    "none_of": lambda parts, today: ~_any_of(parts, today),
}


def _depth(conditions: Conditions) -> int:
    inner = [one for parts in (conditions.any_of, conditions.none_of) if isinstance(parts, list) for one in parts]
    return 1 + max(map(_depth, inner), default=0)
