"""Publish an event: from now on everybody sees it in the catalogue and can book."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.problems import Problem
from common.transactions import requires_transaction
from events.actors import Actor
from events.domain_events import EventPublished, fact_about
from events.models import Event
from events.models.lifecycle import Status
from events.selectors.events import get_managed_event
from events.services.change_status import change_status
from events.services.check_content import check_content
from events.services.check_event import missing_for_publication


class NotReadyToPublish(Problem):
    """Something that readers or buyers need is missing; `errors` names everything at once."""

    code = "not_ready_to_publish"
    status = 409
    title = "The event is not ready to be published."


@requires_transaction
def publish_event(*, actor: Actor, event_id: uuid.UUID, now: datetime, expected_version: int | None = None) -> Event:
    """Publish a draft that has all it needs.

    Raises:
        NotFound, NotAllowed: it isn't the actor's to publish.
        NotReadyToPublish: something is missing.
        InvalidTransition: it is no draft any more.
        StaleVersion: it was changed since the actor read it.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    missing = missing_for_publication(event=event, types=list(event.ticket_types.all()), now=now)
    if missing and event.status == Status.DRAFT:
        raise NotReadyToPublish(errors=missing)
    change_status(
        event=event,
        action="publish",
        target=Status.PUBLISHED,
        # What was checked above must be what is published.
        expected_version=event.version if expected_version is None else expected_version,
        published_at=now,
    )
    record_fact(fact_about(EventPublished, event))
    check_content(event=event, now=now)
    record_entry(
        actor_id=actor.user_id,
        action="events.publish",
        target_type="events.event",
        target_id=str(event.id),
        changes={"status": [Status.DRAFT, Status.PUBLISHED]},
    )
    return event
