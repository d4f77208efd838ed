"""What operators ask the messenger: how it is now, what became of one message; and credits that they give."""

from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.second_factor import is_fresh
from audit.services.record_entry import record_entry
from common.callers import caller_id
from common.problems import Problem
from common.transactions import use_case
from messaging.adapters.orm.explaining import explain_message, find_place, list_monitoring, members_of
from messaging.adapters.orm.granting import grant_credits
from messaging.adapters.redis.looking import credits_left, loads_of_nodes, nodes_of_people

MOST_CREDITS = 1_000_000
SHOWN_FACTS = 40


class CreditsForm(forms.Form):
    """Credits beyond what is refilled; the reason is kept for ever."""

    email = forms.EmailField(label=_("E-mail"), widget=UnfoldAdminTextInputWidget)
    amount = forms.IntegerField(
        label=_("Credits"), min_value=1, max_value=MOST_CREDITS, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget)


class ExplainForm(forms.Form):
    """Which message, by the id that its client has made, and why somebody looks."""

    message_id = forms.UUIDField(label=_("Id of the message"), widget=UnfoldAdminTextInputWidget)
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextInputWidget)


def tool_urls(model_admin: Any) -> list[URLPattern]:
    """Return the tools' addresses, below the list of conversations."""
    guard = model_admin.admin_site.admin_view
    return [
        path("live/", guard(partial(live_view, model_admin=model_admin)), name="messaging_live"),
        path("explain/", guard(partial(explain_view, model_admin=model_admin)), name="messaging_explain"),
        path("credits/", guard(partial(credits_view, model_admin=model_admin)), name="messaging_credits"),
    ]


def live_view(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Show the pressure of all processes and what nodes have noticed lately; the page renews itself."""
    _demand(request, "messaging.view_conversation")
    facts = [
        {
            "at": row.occurred_at,
            "what": row.wire_type.removeprefix("messaging.monitoring.").removesuffix(".v1"),
            **told_in(row.payload),
        }
        for row in list_monitoring(now=timezone.now(), limit=SHOWN_FACTS)
    ]
    context = {"title": _("Chat now"), "loads": loads_of_nodes(), "facts": facts}
    return _shown(request, model_admin, "admin/messaging/live.html", context)


def explain_view(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Show what became of one message, without its text; that somebody has looked is written down."""
    _demand(request, "messaging.view_conversation")
    form = ExplainForm(request.POST or None)
    context: dict[str, Any] = {"title": _("What became of a message"), "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            with use_case():
                context |= _explained(caller_id(request), **form.cleaned_data)
        except Problem as problem:
            messages.warning(request, gettext(problem.title))
    return _shown(request, model_admin, "admin/messaging/explain.html", context)


def credits_view(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Give somebody credits."""
    _demand(request, "messaging.change_conversation")
    if not is_fresh(request, timezone.now()):
        return redirect(f"{reverse('accounts_step_up')}?{urlencode({'next': request.path})}")
    form = CreditsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with use_case():
                grant_credits(actor_id=caller_id(request), **form.cleaned_data)
        except Problem as problem:
            messages.error(request, gettext(problem.title))
        else:
            messages.success(request, gettext("Granted."))
            return HttpResponseRedirect(request.path)
    return _shown(request, model_admin, "admin/messaging/tool.html", {"title": _("Grant credits"), "form": form})


def told_in(payload: str) -> dict[str, Any]:
    """Return the node and what it measured."""
    fact = msgspec.json.decode(payload)
    figures = {**fact["figures"], **({"state": fact["state"]} if "state" in fact else {})}
    return {"node": fact["node"], "figures": ", ".join(f"{name}: {value}" for name, value in figures.items())}


def _explained(actor_id: UUID, *, message_id: UUID, reason: str) -> dict[str, Any]:
    conversation_id, seq = find_place(message_id=message_id)
    people = members_of(conversation_id)
    explained = explain_message(conversation_id=conversation_id, seq=seq, nodes_of=nodes_of_people(people))
    record_entry(
        actor_id=actor_id,
        action="messaging.explain_message",
        target_type="messaging.message",
        target_id=f"{conversation_id}/{seq}",
        changes={},
        reason=reason,
    )
    left, extra = credits_left(explained.sender_id)
    return {"explained": explained, "loads": loads_of_nodes(), "credits": left, "extra": extra}


def _demand(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _shown(request: HttpRequest, model_admin: Any, template: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(
        request, template, {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, **context}
    )
