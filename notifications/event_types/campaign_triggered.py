"""`campaign_triggered`: the administrators' panel sends a template to a named segment."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from notifications.event_types.registry import Audience, EventType, Payload, Plan, filled, register
from notifications.models.choices import Category

Code = Annotated[str, filled(100)]


class NamedSegment(Payload, frozen=True, kw_only=True):
    segment_id: Code


class CampaignTriggered(Payload, frozen=True, kw_only=True):
    campaign_id: UUID
    template_code: Code
    channels: Annotated[list[Literal["email", "push", "telegram", "in_app"]], msgspec.Meta(min_length=1, max_length=10)]
    segment: NamedSegment


def plan(payload: CampaignTriggered) -> Plan:
    return Plan(
        template_code=payload.template_code,
        channels=tuple(dict.fromkeys(payload.channels)),
        context={"campaign_id": str(payload.campaign_id)},
        to=Audience(segment_id=payload.segment.segment_id),
        # Whatever its template is for: a mailing needs consent, and can be unsubscribed from.
        category=Category.MARKETING,
    )


register(
    EventType(
        name="campaign_triggered",
        summary="A mailing to a named segment, by a template, through the given channels.",
        payload=CampaignTriggered,
        plan=plan,
        sample={
            "event_id": "c1d2e3f4-0000-0000-0000-000000000001",
            "event_type": "campaign_triggered",
            "source": "admin_panel",
            "occurred_at": "2025-11-14T14:00:00Z",
            "payload": {
                "campaign_id": "9f3d5a5e-0000-0000-0000-000000000001",
                "template_code": "black_friday_sale",
                "channels": ["email", "push"],
                "segment": {"segment_id": "bf_2025_loyal_customers"},
            },
        },
    )
)
