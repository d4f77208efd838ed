"""A series of events, for its organizer: the dates first, then a draft for each."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import ngettext
from django.views import View
from django.views.decorators.cache import never_cache

from events.models import Event
from events.pages.actors import actor_of
from events.pages.fields import shown
from events.pages.refusals import carried_out
from events.pages.series_forms import SeriesForm
from events.pages.workplace import managed_event, show_work
from events.recurrence import starts_of
from events.selectors.series import list_series_of
from events.services.repeat_event import repeat_event

TAB = "event-series"


@method_decorator(never_cache, name="dispatch")
class SeriesView(LoginRequiredMixin, View):
    """The event's series; of an event by itself, the form of one. `make` makes it, else its dates are shown."""

    def get(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        event = managed_event(request, event_id)
        if event.series_id is not None:
            return _show_series(request, event)
        form = SeriesForm(initial={"version": event.version}, label_suffix="")
        return show_work(request, "repeat", event, tab=TAB, form=form)

    def post(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        event = managed_event(request, event_id)
        if event.series_id is not None:
            return redirect(TAB, event_id=event_id)
        form = SeriesForm(request.POST, label_suffix="")
        first = shown(event.starts_at, event.time_zone)
        dates: list[datetime | None] = []
        if form.is_valid() and first is not None:
            rule = form.rule(first)
            if "make" in request.POST:
                if self._is_made(request, event, form, rule):
                    return redirect(TAB, event_id=event_id)
            else:
                starts = carried_out(
                    form, lambda: starts_of(rule=rule, starts_at=event.starts_at, time_zone=event.time_zone)
                )
                dates = [shown(start, event.time_zone) for start in starts or []]
        status = 400 if form.errors else 200
        return show_work(request, "repeat", event, tab=TAB, status=status, form=form, dates=dates)

    def _is_made(self, request: HttpRequest, event: Event, form: SeriesForm, rule: str) -> bool:
        made = carried_out(
            form,
            lambda: repeat_event(
                actor=actor_of(request),
                event_id=event.id,
                rule=rule,
                expected_version=form.cleaned_data["version"],
            ),
        )
        if made is None:
            return False
        drafts = len(made[1]) - 1
        told = ngettext("%(count)d draft is made.", "%(count)d drafts are made.", drafts) % {"count": drafts}
        messages.success(request, told)
        return True


def _show_series(request: HttpRequest, event: Event) -> HttpResponse:
    return show_work(request, "series", event, tab=TAB, events=list(list_series_of(event=event)))
