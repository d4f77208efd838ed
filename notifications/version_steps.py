"""A text's buttons on its page in the back office: try it, put it into use, take a copy to change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.callers import caller_id
from common.transactions import use_case
from notifications.models import TemplateVersion
from notifications.models.choices import Channel
from notifications.selectors.texts import find_template_version
from notifications.services.draft_text import draft_text
from notifications.services.publish_version import publish_version
from notifications.services.send_test_mail import send_test_mail
from notifications.step_pages import allowed, ask, take

MAY = "notifications.add_templateversion"
Status = TemplateVersion.Status


@dataclass(frozen=True)
class Step:
    """A title, what will come of it, what it does and to which text it leads, and for which texts it is."""

    title: Any
    consequence: Any
    act: Callable[[HttpRequest, TemplateVersion], UUID]
    statuses: tuple[str, ...]


def _test(request: HttpRequest, version: TemplateVersion) -> UUID:
    # No transaction: it waits for the mail server.
    send_test_mail(version=version, recipient_id=caller_id(request), to=str(getattr(request.user, "email", "")))
    return version.id


def _publish(request: HttpRequest, version: TemplateVersion) -> UUID:
    with use_case():
        publish_version(version_id=version.id, actor_id=caller_id(request), now=timezone.now())
    return version.id


def _copy(request: HttpRequest, version: TemplateVersion) -> UUID:
    with use_case():
        texts = {"subject": version.subject, "body": version.body, "link": version.link}
        draft = draft_text(template=version.template, channel=version.channel, locale=version.locale, **texts)
    return draft.id


STEPS: dict[str, Step] = {
    "test": Step(
        _("Send a test mail to myself"),
        _("You get the mail filled with the template's sample. Nobody else gets anything."),
        _test,
        tuple(Status),
    ),
    "publish": Step(
        _("Put into use"),
        _("From now on people get this text. The one in use now is kept and can be put into use again."),
        _publish,
        (Status.DRAFT, Status.RETIRED),
    ),
    "copy": Step(
        _("Take a copy to change"),
        _("A draft with this text is made. Nobody gets it until it is put into use."),
        _copy,
        (Status.PUBLISHED, Status.RETIRED),
    ),
}


def steps_for(version: TemplateVersion) -> set[str]:
    """Return the names of the steps that can do something for the text as it is."""
    fitting = {name for name, step in STEPS.items() if version.status in step.statuses}
    return fitting if version.channel == Channel.EMAIL else fitting - {"test"}


def take_step(request: HttpRequest, model_admin: Any, version_id: UUID, name: str) -> HttpResponse:
    """Say what a step will do, and take it on POST."""
    found = find_template_version(version_id=version_id)
    version, step = allowed(request, permission=MAY, thing=found, steps=STEPS, name=name)
    if request.method == "POST":
        leads_to = take(request, model_admin, title=step.title, act=lambda: step.act(request, version))
        return HttpResponseRedirect(_page_of(leads_to or version_id))
    return ask(
        request,
        model_admin,
        title=step.title,
        consequence=step.consequence,
        subject=f"{version.template} {version}",
        about=version.get_status_display(),
        preview=model_admin.preview(version),
        page=_page_of(version_id),
    )


def _page_of(version_id: UUID) -> str:
    return reverse("admin:notifications_templateversion_change", args=[version_id])
