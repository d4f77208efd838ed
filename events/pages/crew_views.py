"""The crew of an event, for its organizer: who is wanted, who comes, and asking again for who is missing."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache

from events.models import Event
from events.models.crew import MOST_OF_A_ROLE
from events.pages.actors import actor_of
from events.pages.fields import LineField, shown
from events.pages.refusals import carried_out
from events.pages.workplace import managed_event, show_work
from events.selectors.crew import get_crew
from events.services.ask_crew_again import ask_crew_again
from events.services.request_crew import is_open, request_crew

TAB = "event-crew-page"
MOST_ROLES = 20
ROWS_TO_FILL = 2


class RoleForm(forms.Form):
    """A role, and how many people; a row that is emptied asks for nobody."""

    role = LineField(label=gettext_lazy("Role"), max_length=40)
    wanted = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=MOST_OF_A_ROLE)


class Roles(forms.BaseFormSet):
    def clean(self) -> None:
        names = [one.cleaned_data["role"] for one in self.forms if getattr(one, "cleaned_data", {}).get("role")]
        if len(set(names)) < len(names):
            raise forms.ValidationError(_("Name each role once."), code="unique")

    def wanted(self) -> dict[str, int]:
        """Return how many of each role are asked for."""
        return {one.cleaned_data["role"]: one.cleaned_data["wanted"] for one in self.forms if one.cleaned_data}


RolesFormSet = forms.formset_factory(
    RoleForm, formset=Roles, extra=ROWS_TO_FILL, max_num=MOST_ROLES, absolute_max=MOST_ROLES, validate_max=True
)
ROW_OPTIONS = {"empty_permitted": True, "label_suffix": "", "use_required_attribute": False}


@method_decorator(never_cache, name="dispatch")
class CrewView(LoginRequiredMixin, View):
    """POST asks for these people; with `again`, once more for those who are missing."""

    def get(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        return _show(request, managed_event(request, event_id))

    def post(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        event, actor, now = managed_event(request, event_id), actor_of(request), timezone.now()
        roles: Any = RolesFormSet(request.POST, prefix="roles", form_kwargs=ROW_OPTIONS)
        is_again = "again" in request.POST
        if not is_again and not roles.is_valid():
            return _show(request, event, roles=roles)

        def ask() -> str:
            if is_again:
                ask_crew_again(actor=actor, event_id=event_id, now=now)
                return _("The crew service is asked again for who is missing.")
            request_crew(actor=actor, event_id=event_id, roles=roles.wanted(), now=now)
            return _("Saved. The crew service is asked for who is missing.")

        refusals = forms.Form({})
        told = carried_out(refusals, ask)
        if told is None:
            return _show(request, event, refusals=refusals)
        messages.success(request, told)
        return redirect(TAB, event_id=event_id)


def _show(request: HttpRequest, event: Event, *, roles: Any = None, refusals: forms.Form | None = None) -> HttpResponse:
    crew = get_crew(actor=actor_of(request), event_id=event.id)
    wanted = [{"role": one.role, "wanted": one.wanted} for one in crew.roles]
    return show_work(
        request,
        "crew",
        event,
        tab=TAB,
        status=400 if roles is not None else 409 if refusals is not None else 200,
        crew=crew,
        members=[(one, shown(one.told_at, event.time_zone)) for one in crew.members],
        is_missing=any(one.missing for one in crew.roles),
        is_open=is_open(event, now=timezone.now()),
        roles=roles or RolesFormSet(prefix="roles", initial=wanted, form_kwargs=ROW_OPTIONS),
        refusals=refusals,
    )
