"""Decide what becomes of plans: jobs at once, the walk of an audience, or waiting for what isn't defined yet.

All plans of an intake are looked up together, so that five hundred cost as many statements as one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import structlog

from common.transactions import requires_transaction
from notifications.event_types.registry import Audience, Plan
from notifications.models import NotificationEvent, Template
from notifications.selectors.segments import list_known_segments
from notifications.selectors.texts import list_published_channels, list_templates
from notifications.services.know_recipients import Addressee, key_of, know_recipients

# What a mailing is blocked on whose template needs values that it doesn't bring.
UNFILLED = "/variables"
log = structlog.get_logger(__name__)
Status = NotificationEvent.Status


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Where an event goes from here; `addressee` is the one person of a plan that has one."""

    plan: Plan
    status: str
    blocked_on: str = ""
    template: Template | None = None
    addressee: Addressee | None = None


@requires_transaction
def settle_plans(*, plans: Sequence[Plan], now: datetime) -> list[Settled]:
    """Return what becomes of each plan, in their order."""
    codes = {plan.template_code for plan in plans}
    templates = {template.code: template for template in list_templates(codes=codes)}
    published = list_published_channels(codes=codes)
    named = {plan.to.segment_id for plan in plans if isinstance(plan.to, Audience) and plan.to.segment_id}
    segments = list_known_segments(codes=named) if named else set()
    missing = [_missing(plan, templates, published, segments) for plan in plans]
    ready = [plan for plan, lack in zip(plans, missing, strict=True) if not lack]
    known = know_recipients(people=[plan.to for plan in ready if not isinstance(plan.to, Audience)], now=now)
    return [
        _settled(plan, lack, templates.get(plan.template_code), known)
        for plan, lack in zip(plans, missing, strict=True)
    ]


def answer_of(settled: Settled, jobs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the job plan that the sender of an event is told."""
    to = settled.plan.to
    audience = None
    if settled.status == Status.PLANNING and isinstance(to, Audience):
        audience = {
            "template_code": settled.plan.template_code,
            "channels": list(settled.plan.channels),
            "segment_id": to.segment_id,
            "conditions": to.conditions,
        }
    return {"status": settled.status, "blocked_on": settled.blocked_on, "jobs": jobs, "audience": audience}


def _missing(
    plan: Plan, templates: dict[str, Template], published: set[tuple[str, str]], segments: Collection[str]
) -> str:
    """Return what has to be defined first, or ''."""
    if plan.template_code not in templates:
        return f"template:{plan.template_code}"
    if _is_mailing(plan) and set(templates[plan.template_code].variables) - plan.context.keys():
        return f"template:{plan.template_code}{UNFILLED}"
    for channel in plan.channels:
        if (plan.template_code, channel) not in published:
            return f"template:{plan.template_code}/{channel}"
    if isinstance(plan.to, Audience) and plan.to.segment_id and plan.to.segment_id not in segments:
        return f"segment:{plan.to.segment_id}"
    return ""


def _is_mailing(plan: Plan) -> bool:
    """Tell whether it is people who have chosen the template, for a segment that they have named."""
    return isinstance(plan.to, Audience) and plan.to.segment_id is not None


def _settled(plan: Plan, missing: str, template: Template | None, known: dict[Any, Addressee]) -> Settled:
    if missing:
        log.warning("notifications.event.blocked", template_code=plan.template_code, blocked_on=missing)
        return Settled(plan=plan, status=Status.BLOCKED, blocked_on=missing)
    if isinstance(plan.to, Audience):
        return Settled(plan=plan, status=Status.PLANNING, template=template)
    addressee = known[key_of(plan.to)]
    more = tuple(one for one in plan.if_reachable if one in addressee.reach and one not in plan.channels)
    reached = msgspec.structs.replace(plan, channels=(*plan.channels, *more))
    return Settled(plan=reached, status=Status.PLANNED, template=template, addressee=addressee)
