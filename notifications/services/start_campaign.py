"""Start a campaign: its canary first, the rest when that has gone well."""

from datetime import datetime
from math import ceil

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction
from notifications.envelope import hash_of
from notifications.event_types.registry import Audience, Plan
from notifications.models import Campaign, NotificationEvent
from notifications.models.choices import Category
from notifications.segment_language import read_conditions
from notifications.selectors.segments import list_members
from notifications.services.announce_fact import OWN_SOURCE
from notifications.services.settle_plans import UNFILLED
from notifications.services.store_events import Incoming, store_events

EVENT_TYPE = "campaign_triggered"
# A canary of fewer says nothing.
SMALLEST_CANARY = 10


class CampaignStarted(Problem):
    """A campaign starts once; for another mailing there is another campaign."""

    code = "campaign_started"
    title = "This campaign has been started before."


class CampaignNotReady(Problem):
    """The template has no text in use for one of the channels."""

    code = "campaign_not_ready"
    title = "Publish the template's texts for all channels first."


class CampaignTemplateUnfit(Problem):
    """It speaks of something that happened to one person: of a booking, of a review."""

    code = "campaign_template_unfit"
    title = "This template needs values that a campaign doesn't have."


@requires_transaction
def start_campaign(*, campaign: Campaign, actor_id: object, now: datetime) -> NotificationEvent:
    """Plan the campaign's audience, beginning with its canary.

    Raises:
        CampaignStarted, CampaignNotReady, CampaignTemplateUnfit
    """
    segment, template = campaign.segment, campaign.template
    payload = {
        "campaign_id": str(campaign.id),
        "template_code": template.code,
        "channels": campaign.channels,
        "segment": {"segment_id": segment.code},
    }
    plan = Plan(
        template_code=template.code,
        channels=tuple(dict.fromkeys(campaign.channels)),
        context={"campaign_id": str(campaign.id)},
        to=Audience(segment_id=segment.code),
        # Whatever its template is for: a mailing needs consent, and can be unsubscribed from.
        category=Category.MARKETING,
    )
    event = Incoming(
        source=OWN_SOURCE,
        event_id=campaign.id,
        event_type=EVENT_TYPE,
        occurred_at=now,
        payload=payload,
        body_hash=hash_of(payload),
        plan=plan,
    )
    [stored] = store_events(events=[event], now=now)
    if not stored.is_new:
        raise CampaignStarted()
    if stored.answer["blocked_on"].endswith(UNFILLED):
        raise CampaignTemplateUnfit()
    if stored.answer["status"] != NotificationEvent.Status.PLANNING:
        raise CampaignNotReady()
    size = list_members(conditions=read_conditions(segment.conditions), now=now).count()
    NotificationEvent.objects.filter(id=stored.row_id).update(
        per_second=campaign.per_second, audience_limit=canary_size(size, campaign.canary_percent)
    )
    Campaign.objects.filter(id=campaign.id).update(event_id=stored.row_id)
    record_entry(
        actor_id=actor_id,  # type: ignore[arg-type]  # an id of the accounts
        action="notifications.start_campaign",
        target_type="notifications.campaign",
        target_id=str(campaign.id),
        changes={"audience": [None, size]},
    )
    return NotificationEvent.objects.get(id=stored.row_id)


def canary_size(audience: int, percent: int) -> int | None:
    """Return how many are told first; None when there is no use in a canary."""
    size = max(SMALLEST_CANARY, ceil(audience * percent / 100))
    return size if percent and size < audience else None
