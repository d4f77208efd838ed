"""Make drafts out of an event: its content, ticket types and questions, at other times, with every seat free."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from common.ids import new_id
from common.transactions import requires_transaction
from events.models import Event, EventSeries, Question, TicketType
from events.models.lifecycle import Status
from events.slugs import slug_of

CONTENT = (
    *("organizer_id", "category_id", "title", "summary", "description", "language", "tags", "age_rating", "cover"),
    *("city", "venue", "address", "latitude", "longitude", "online_url", "address_is_public", "contact", "time_zone"),
    *("currency", "capacity", "refund_policy", "cancellable_hours_before", "doors_open_hours_before"),
    "counts_unscanned",
)
OF_TYPE = ("name", "price", "currency", "capacity", "min_per_booking", "max_per_booking", "access_code", "position")
OF_QUESTION = ("kind", "prompt", "text", "choices", "is_required", "position")


@requires_transaction
def copy_event(
    *, source: Event, starts: list[datetime], title: str | None = None, series: EventSeries | None = None
) -> list[Event]:
    """Return one draft per start, in three statements however many; in a series they take the places from 1 on.

    The length stays, and sales open and close as long before the start as those of the source.
    """
    copies = [_copy(source, start, title or source.title) for start in starts]
    for position, copy in enumerate(copies, start=1):
        if series is not None:
            copy.series, copy.series_position = series, position
    types = list(TicketType.objects.filter(event=source).order_by("position", "created_at", "id"))
    questions = list(Question.objects.filter(event=source).asked())
    new_types: list[TicketType] = []
    new_questions: list[Question] = []
    for copy in copies:
        shift = copy.starts_at - source.starts_at
        by_old = {one.id: _copy_type(one, copy, shift) for one in types}
        copy.refund_policy = _policy_of(source, by_old)
        new_types += by_old.values()
        new_questions += [
            Question(
                event=copy,
                ticket_type=by_old[one.ticket_type_id] if one.ticket_type_id else None,
                **_columns(one, OF_QUESTION),
            )
            for one in questions
        ]
    Event.objects.bulk_create(copies)
    TicketType.objects.bulk_create(new_types)
    Question.objects.bulk_create(new_questions)
    return copies


def _copy(source: Event, starts_at: datetime, title: str) -> Event:
    id_ = new_id()
    return Event(
        **_columns(source, CONTENT)
        | {
            "id": id_,
            "title": title,
            "slug": f"{slug_of(title)}-{id_.hex[-8:]}",
            "starts_at": starts_at,
            "ends_at": starts_at + (source.ends_at - source.starts_at),
            "status": Status.DRAFT,
        }
    )


def _copy_type(one: TicketType, event: Event, shift: timedelta) -> TicketType:
    return TicketType(
        event=event,
        sale_opens_at=one.sale_opens_at and one.sale_opens_at + shift,
        sale_closes_at=one.sale_closes_at and one.sale_closes_at + shift,
        **_columns(one, OF_TYPE),
    )


def _policy_of(source: Event, by_old: dict[uuid.UUID, TicketType]) -> dict[str, Any]:
    """Return the refund policy; its bands of ticket types are those of the copy's."""
    policy = dict(source.refund_policy)
    if "types" in policy:
        renamed = {str(old): str(new.id) for old, new in by_old.items()}
        policy["types"] = {renamed[old]: bands for old, bands in policy["types"].items() if old in renamed}
    return policy


def _columns(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
