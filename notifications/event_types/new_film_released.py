"""`new_film_released`: a film has come out. Those who like its genres and are old enough hear of it."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from notifications.event_types.registry import Audience, EventType, Payload, Plan, filled, register
from notifications.segment_language import Conditions

Genre = Annotated[str, filled(40)]
Genres = Annotated[list[Genre], msgspec.Meta(min_length=1, max_length=50)]


class TargetSegment(Payload, frozen=True, kw_only=True):
    by_genres: Genres
    min_age: Annotated[int, msgspec.Meta(ge=0, le=120)]


class NewFilmReleased(Payload, frozen=True, kw_only=True):
    film_id: UUID
    title: Annotated[str, filled(300)]
    genres: Genres
    age_rating: Literal["0+", "6+", "12+", "16+", "18+"]
    release_date: date
    target_segment: TargetSegment


def plan(payload: NewFilmReleased) -> Plan:
    segment = payload.target_segment
    return Plan(
        template_code="new_film",
        channels=("email", "push", "in_app"),
        context={
            "film_id": str(payload.film_id),
            "title": payload.title,
            "genres": payload.genres,
            "age_rating": payload.age_rating,
            "release_date": payload.release_date.isoformat(),
        },
        to=Audience(conditions=Conditions(by_genres=segment.by_genres, min_age=segment.min_age)),
    )


register(
    EventType(
        name="new_film_released",
        summary="A film has come out. The audience of its target segment is told.",
        payload=NewFilmReleased,
        plan=plan,
        sample={
            "event_id": "a1b2c3d4-0000-0000-0000-000000000001",
            "event_type": "new_film_released",
            "source": "content_service",
            "occurred_at": "2025-11-14T13:00:00Z",
            "payload": {
                "film_id": "5fcc8705-30be-467d-b5e0-e17ab03ff59b",
                "title": "The Matrix",
                "genres": ["sci-fi", "action"],
                "age_rating": "16+",
                "release_date": "2025-11-15",
                "target_segment": {"by_genres": ["sci-fi", "action"], "min_age": 16},
            },
        },
    )
)
