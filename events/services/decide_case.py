"""Decide what becomes of an event that was reported, or that the automatic check has found something in."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from common.problems import NotAllowed, NotFound, Problem
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import ModerationCase
from events.services.suspend_event import suspend_event


class CaseDecided(Problem):
    """Somebody has decided the case already: `case_status`."""

    code = "case_decided"
    status = 409
    title = "This case has been decided already."


@requires_transaction
def decide_case(*, administrator: Actor, case_id: uuid.UUID, decision: str, note: str, now: datetime) -> ModerationCase:
    """Take the event down, with the note as the reason that its organizer reads, or leave it.

    Raises:
        NotAllowed: the actor isn't an administrator.
        NotFound: there is no such case.
        CaseDecided
        InvalidTransition: the event can't be taken down any more.
    """
    if not administrator.oversees:
        raise NotAllowed
    rows = ModerationCase.objects.filter(id=case_id, status=ModerationCase.Status.OPEN)
    decided = rows.update(status=decision, decided_at=now, decided_by_id=administrator.user_id, note=note)
    case = ModerationCase.objects.filter(id=case_id).first()
    if case is None:
        raise NotFound
    if not decided:
        raise CaseDecided(case_status=case.status)
    if decision == ModerationCase.Status.TAKEN_DOWN:
        suspend_event(administrator=administrator, event_id=case.event_id, reason=note)
    record_entry(
        actor_id=administrator.user_id,
        action="events.decide_case",
        target_type="events.event",
        target_id=str(case.event_id),
        changes={"case": [ModerationCase.Status.OPEN, decision]},
        reason=note,
    )
    return case
