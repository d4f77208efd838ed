"""Tell administrators that an event shouldn't stand here."""

import uuid
from datetime import datetime, timedelta

from django.db.models import F

from common.problems import NotAllowed, Problem
from common.transactions import requires_transaction, violations
from events.actors import Actor
from events.models import EventReport, ModerationCase
from events.selectors.events import get_readable_event
from events.services.check_content import open_case

MOST_A_DAY = 20
DAY = timedelta(days=1)


class AlreadyReported(Problem):
    """The user has reported this event before."""

    code = "already_reported"
    status = 409
    title = "You have reported this event already."


class ManyEventsReported(Problem):
    """Nobody finds so much wrong in a day."""

    code = "many_events_reported"
    status = 429
    title = "You have reported many events today. Administrators will read them first."


@requires_transaction
def report_event(*, actor: Actor, event_id: uuid.UUID, reason: str, comment: str, now: datetime) -> None:
    """Write the report, once per user, and put the event into the administrators' queue.

    Raises:
        NotAllowed: a guest reports nothing.
        NotFound: there is no such event for the actor.
        AlreadyReported, ManyEventsReported
    """
    if actor.user_id is None:
        raise NotAllowed
    event = get_readable_event(actor=actor, event_id=event_id)
    if EventReport.objects.filter(user_id=actor.user_id, created_at__gt=now - DAY).count() >= MOST_A_DAY:
        raise ManyEventsReported
    with violations({"events_event_report_once": AlreadyReported}):
        EventReport.objects.create(event=event, user_id=actor.user_id, reason=reason, comment=comment)
    case = open_case(event=event, now=now)
    ModerationCase.objects.filter(id=case.id).update(reports=F("reports") + 1)
