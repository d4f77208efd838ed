"""Make a series out of an event, by a recurrence rule."""

import uuid

from django.db.models import F

from audit.services.record_entry import record_entry
from common.problems import Problem, StaleVersion
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Event, EventSeries
from events.recurrence import normal_form, starts_of
from events.selectors.events import get_managed_event
from events.services.copy_event import copy_event


class AlreadyInSeries(Problem):
    """The event belongs to a series: `series_id`."""

    code = "already_in_series"
    status = 409
    title = "This event already belongs to a series."


@requires_transaction
def repeat_event(
    *, actor: Actor, event_id: uuid.UUID, rule: str, expected_version: int | None = None
) -> tuple[EventSeries, list[Event]]:
    """Return the series and its events: the given one first, and a draft for each further date.

    Raises:
        NotFound, NotAllowed: it isn't the actor's.
        AlreadyInSeries
        StaleVersion: it was changed since the actor read it.
        InvalidInput: the rule isn't understood, or makes too many events.
    """
    source = get_managed_event(actor=actor, event_id=event_id)
    if source.series_id is not None:
        raise AlreadyInSeries(series_id=str(source.series_id))
    starts = starts_of(rule=rule, starts_at=source.starts_at, time_zone=source.time_zone)
    series = EventSeries.objects.create(
        organizer_id=source.organizer_id, rule=normal_form(rule), time_zone=source.time_zone
    )
    version = source.version if expected_version is None else expected_version
    # Of two requests at once, one finds the version changed.
    if not Event.objects.filter(id=source.id, version=version, series__isnull=True).update(
        series=series, series_position=0, version=F("version") + 1
    ):
        raise StaleVersion
    copies = copy_event(source=source, starts=starts[1:], series=series)
    record_entry(
        actor_id=actor.user_id,
        action="events.repeat",
        target_type="events.event_series",
        target_id=str(series.id),
        changes={"rule": [None, series.rule], "events": [1, len(starts)]},
    )
    source.series, source.series_position = series, 0
    return series, [source, *copies]
