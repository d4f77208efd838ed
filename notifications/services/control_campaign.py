"""Start, hold, continue and end a campaign by its id: what the back office's buttons and the API do."""

from datetime import datetime
from uuid import UUID

from common.problems import Problem
from common.transactions import requires_transaction
from notifications.models import Campaign, NotificationEvent
from notifications.selectors.mailings import get_campaign
from notifications.services.control_mailing import (
    MailingNotPaused,
    MailingNotRunning,
    cancel_mailing,
    pause_mailing,
    resume_mailing,
)
from notifications.services.start_campaign import start_campaign


@requires_transaction
def begin_campaign(*, campaign_id: UUID, actor_id: UUID, now: datetime) -> Campaign:
    """Start it.

    Raises:
        NotFound, CampaignStarted, CampaignNotReady, CampaignTemplateUnfit
    """
    start_campaign(campaign=get_campaign(campaign_id=campaign_id), actor_id=actor_id, now=now)
    return get_campaign(campaign_id=campaign_id)


@requires_transaction
def pause_campaign(*, campaign_id: UUID, actor_id: UUID, now: datetime) -> Campaign:
    """Hold it where it is.

    Raises:
        NotFound, MailingNotRunning
    """
    event_id = _mailing_of(campaign_id, without_one=MailingNotRunning)
    pause_mailing(event_id=event_id, reason=NotificationEvent.PauseReason.PERSON, actor_id=actor_id, now=now)
    return get_campaign(campaign_id=campaign_id)


@requires_transaction
def resume_campaign(*, campaign_id: UUID, actor_id: UUID, now: datetime) -> Campaign:
    """Let it go on, whatever has held it: its canary, its own brake, a person.

    Raises:
        NotFound, MailingNotPaused
    """
    event_id = _mailing_of(campaign_id, without_one=MailingNotPaused)
    resume_mailing(event_id=event_id, actor_id=actor_id, now=now)
    return get_campaign(campaign_id=campaign_id)


@requires_transaction
def cancel_campaign(*, campaign_id: UUID, actor_id: UUID, now: datetime) -> Campaign:
    """End it for good.

    Raises:
        NotFound, MailingNotRunning
    """
    event_id = _mailing_of(campaign_id, without_one=MailingNotRunning)
    cancel_mailing(event_id=event_id, actor_id=actor_id, now=now)
    return get_campaign(campaign_id=campaign_id)


def _mailing_of(campaign_id: UUID, *, without_one: type[Problem]) -> UUID:
    """Return the event of a campaign that has begun; one that hasn't is refused."""
    event_id = get_campaign(campaign_id=campaign_id).event_id
    if event_id is None:
        raise without_one()
    return event_id
