"""What readers do around events: report one, and take all of theirs into a calendar."""

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache

from common.callers import caller_id
from common.transactions import use_case
from events.calendar_links import link_of
from events.models import Event
from events.models.moderation import EventReport
from events.pages.actors import actor_of
from events.pages.fields import TextField
from events.pages.presentation import url_of
from events.pages.refusals import carried_out
from events.selectors.events import get_readable_event
from events.services.report_event import report_event
from events.services.reset_calendar_link import ensure_calendar_secret, reset_calendar_link


class ReportForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("What is wrong?"), choices=EventReport.Reason.choices)
    comment = TextField(
        label=gettext_lazy("A few words, if you like"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@method_decorator(never_cache, name="dispatch")
class ReportView(LoginRequiredMixin, View):
    """A user has something against an event; administrators look at it."""

    def get(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        event = get_readable_event(actor=actor_of(request), event_id=event_id)
        return self._show(request, event, ReportForm(label_suffix=""))

    def post(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        actor, form = actor_of(request), ReportForm(request.POST, label_suffix="")
        event = get_readable_event(actor=actor, event_id=event_id)

        def report() -> bool:
            report_event(actor=actor, event_id=event_id, now=timezone.now(), **form.cleaned_data)
            return True

        if not form.is_valid() or not carried_out(form, report):
            return self._show(request, event, form)
        messages.success(request, _("Thank you. An administrator will look at the event."))
        return redirect(url_of(event))

    def _show(self, request: HttpRequest, event: Event, form: ReportForm) -> HttpResponse:
        shown = {"event": event, "url": url_of(event), "form": form}
        return render(request, "events/report.html", shown, status=400 if form.errors else 200)


@method_decorator(never_cache, name="dispatch")
class CalendarLinkView(LoginRequiredMixin, View):
    """The secret address of one's calendar; POST makes another one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user_id = caller_id(request)
        with use_case():
            secret = ensure_calendar_secret(user_id=user_id)
        return render(request, "events/calendar_link.html", {"link": link_of(user_id=user_id, secret=secret)})

    def post(self, request: HttpRequest) -> HttpResponse:
        with use_case():
            reset_calendar_link(user_id=caller_id(request))
        messages.success(request, _("This is the new address. The old one shows nothing any more."))
        return redirect("own-calendar-link")
