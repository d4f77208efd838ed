"""A campaign's buttons on its page in the back office: each says what it will do, and does it on POST."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.second_factor import is_fresh
from common.callers import caller_id
from common.transactions import use_case
from notifications.models import Campaign
from notifications.models.choices import Channel
from notifications.selectors.mailings import find_campaign
from notifications.services.control_campaign import begin_campaign, cancel_campaign, pause_campaign, resume_campaign
from notifications.services.send_campaign_test import send_campaign_test
from notifications.step_pages import allowed, ask, take

RUN = "notifications.change_campaign"


@dataclass(frozen=True)
class Step:
    """A title, what will come of it, what it does, and the states in which it can do something.

    `is_final` asks for a code that was given just now: what has gone out can't be called back.
    """

    title: Any
    consequence: Any
    act: Callable[[HttpRequest, Campaign], object]
    states: tuple[str, ...]
    is_final: bool = True


def _by(service: Callable[..., object]) -> Callable[[HttpRequest, Campaign], object]:
    def act(request: HttpRequest, campaign: Campaign) -> None:
        with use_case():
            service(campaign_id=campaign.id, actor_id=caller_id(request), now=timezone.now())

    return act


def _test(request: HttpRequest, campaign: Campaign) -> None:
    # No transaction: it waits for the mail server.
    send_campaign_test(campaign=campaign, recipient_id=caller_id(request), to=str(getattr(request.user, "email", "")))


STATES = Campaign.State
AT_ONCE = _("Messages go out to real people, to all of them at once: it has no canary. A campaign starts once.")
STEPS: dict[str, Step] = {
    "start": Step(
        _("Start"),
        _("Messages go out to real people, the canary's first. A campaign starts once."),
        _by(begin_campaign),
        (STATES.NOT_STARTED,),
    ),
    "test": Step(
        _("Send a test mail to myself"),
        _("You get the mail in each language, filled with the template's sample. Nobody else gets anything."),
        _test,
        tuple(STATES),
        is_final=False,
    ),
    "pause": Step(
        _("Pause"),
        _("Nothing more goes out until somebody lets it go on; what is being sent at this moment goes out."),
        _by(pause_campaign),
        (STATES.PLANNING, STATES.PLANNED),
        # Whoever sees it going wrong must not look for a phone first.
        is_final=False,
    ),
    "go_on": Step(
        _("Go on"),
        _("It goes on where it was held, beyond its canary too."),
        _by(resume_campaign),
        (STATES.PAUSED,),
    ),
    "cancel": Step(
        _("End for good"),
        _("What hasn't gone out never will. It can't be started again."),
        _by(cancel_campaign),
        (STATES.PLANNING, STATES.PAUSED, STATES.PLANNED),
    ),
}


def steps_for(campaign: Campaign) -> set[str]:
    """Return the names of the steps that can do something for the campaign as it is."""
    fitting = {name for name, step in STEPS.items() if campaign.state in step.states}
    if Channel.EMAIL not in campaign.channels:
        fitting -= {"test"}
    return fitting


def ask_for_code(request: HttpRequest) -> HttpResponse | None:
    """Return the way to the page that asks for a code; None when one was given just now."""
    if is_fresh(request, timezone.now()):
        return None
    return redirect(f"{reverse('accounts_step_up')}?{urlencode({'next': request.path})}")


def take_step(request: HttpRequest, model_admin: Any, campaign_id: UUID, name: str) -> HttpResponse:
    """Say what a step will do, and take it on POST."""
    found = find_campaign(campaign_id=campaign_id)
    campaign, step = allowed(request, permission=RUN, thing=found, steps=STEPS, name=name)
    if step.is_final and (asking := ask_for_code(request)):
        return asking
    page = reverse("admin:notifications_campaign_change", args=[campaign_id])
    if request.method == "POST":
        take(request, model_admin, title=step.title, act=lambda: step.act(request, campaign))
        return HttpResponseRedirect(page)
    return ask(
        request,
        model_admin,
        title=step.title,
        consequence=AT_ONCE if name == "start" and not campaign.canary_percent else step.consequence,
        subject=campaign,
        about=f"{campaign.template} → {campaign.segment} · {model_admin.state(campaign)}",
        preview=model_admin.preview(campaign) if name == "start" else "",
        page=page,
    )
