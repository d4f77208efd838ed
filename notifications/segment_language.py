"""The condition language of segments: a JSON object whose members must all hold.

    {"by_genres": ["sci-fi"], "min_age": 16, "has_any_tag": ["loyal_2025"]}

`by_genres`: likes any of them. `min_age`: has had that birthday; without a birth date a person is outside.
`has_any_tag`: carries any of them. An empty object is everybody.
"""

from datetime import date
from typing import Annotated, Any

import msgspec
from django.db.models import Q

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class Conditions(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """What a segment asks of a recipient."""

    by_genres: Annotated[list[Word], msgspec.Meta(min_length=1, max_length=50)] | msgspec.UnsetType = msgspec.UNSET
    min_age: Annotated[int, msgspec.Meta(ge=0, le=120)] | msgspec.UnsetType = msgspec.UNSET
    has_any_tag: Annotated[list[Word], msgspec.Meta(min_length=1, max_length=50)] | msgspec.UnsetType = msgspec.UNSET


def read_conditions(given: dict[str, Any]) -> Conditions:
    """Parse stored conditions.

    Raises:
        msgspec.ValidationError: they aren't of this language.
    """
    return msgspec.convert(given, Conditions, strict=True)


def membership(conditions: Conditions, *, today: date) -> Q:
    """Return the condition as a filter of recipients."""
    wanted = Q()
    if conditions.by_genres:
        wanted &= Q(genres__overlap=conditions.by_genres)
    if conditions.has_any_tag:
        wanted &= Q(tags__overlap=conditions.has_any_tag)
    if isinstance(conditions.min_age, int):
        wanted &= Q(birth_on__lte=years_before(today, conditions.min_age))
    return wanted


def years_before(day: date, years: int) -> date:
    """Return the latest birth date of somebody who is `years` old on `day`; born on 29 February ages on 1 March."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)
