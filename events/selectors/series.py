"""Events that belong together."""

from django.db.models import QuerySet

from events.models import Event


def list_series_of(*, event: Event) -> QuerySet[Event]:
    """Return the events of the event's series in their order; none of an event by itself."""
    if event.series_id is None:
        return Event.objects.none()
    return Event.objects.filter(series_id=event.series_id).order_by("series_position", "id").defer("description")
