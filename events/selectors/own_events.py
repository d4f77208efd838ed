"""What organizers see of their own events."""

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Least

from events.actors import Actor
from events.models import Event, TicketType
from events.models.lifecycle import Status

OVER = (Status.FINISHED, Status.ARCHIVED, Status.CANCELLED)


def list_events_of_organizer(*, actor: Actor, over: bool) -> QuerySet[Event]:
    """Return events of the actor's organizers with `seats` in all, what comes next first, or what is over.

    Uses index events_event_of_organizer.
    """
    if actor.user_id is None:
        return Event.objects.none()
    types = TicketType.objects.filter(event=OuterRef("pk")).order_by().values("event")
    of_types = Coalesce(Subquery(types.annotate(seats=Sum("capacity")).values("seats")), 0)
    mine = Event.objects.of_member(actor.user_id).select_related("organizer", "category__parent").defer("description")
    # LEAST ignores NULL: without an overall capacity the types' sum counts.
    mine = mine.annotate(seats=Least(of_types, F("capacity"), output_field=IntegerField()))
    if over:
        return mine.filter(status__in=OVER).order_by("-starts_at", "-id")
    return mine.exclude(status__in=OVER).order_by("starts_at", "id")
