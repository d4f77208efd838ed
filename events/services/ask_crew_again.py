"""Ask the crew service once more for the people who are missing."""

import uuid
from datetime import datetime

from common.problems import Problem
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import CrewNeed
from events.selectors.events import get_managed_event
from events.services.request_crew import CrewNotNeeded, ask_for_missing, is_open


class CrewComplete(Problem):
    """Everybody who was asked for is there, or nobody was asked for."""

    code = "crew_complete"
    status = 409
    title = "Nobody is missing from the crew."


@requires_transaction
def ask_crew_again(*, actor: Actor, event_id: uuid.UUID, now: datetime) -> None:
    """State anew what is missing; what the event asks for stays as it is.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's.
        CrewNotNeeded: it is over or doesn't take place.
        CrewComplete: nobody is missing.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    if not is_open(event, now=now):
        raise CrewNotNeeded
    # Held until the end: what the crew service answers meanwhile comes before or after, never in between.
    list(CrewNeed.objects.filter(event=event).locked())
    if not ask_for_missing(event=event):
        raise CrewComplete
