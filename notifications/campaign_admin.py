"""Campaigns in the admin: whom they would reach, starting, holding, ending, and how far they are."""

from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget

from common.problems import Problem
from notifications.campaign_steps import RUN, STEPS, ask_for_code, steps_for, take_step
from notifications.models import Campaign, NotificationEvent, NotificationJob
from notifications.models.campaign import CampaignQuerySet
from notifications.models.choices import Channel
from notifications.selectors.mailings import count_results, progress_of
from notifications.services.preview_campaign import preview_campaign

PauseReason = NotificationEvent.PauseReason
HELD = {
    PauseReason.PERSON: _("held by a person"),
    PauseReason.CANARY: _("waits for what comes of its canary"),
    PauseReason.FAILURES: _("has held itself: too many failures"),
    PauseReason.COMPLAINTS: _("has held itself: too many complaints"),
}
SERVED = [choice for choice in Channel.choices if choice[0] != Channel.WEBHOOK]


def said(duration: timedelta) -> str:
    """Return how long it takes as people say it: "2 hours, 5 minutes"."""
    if duration < timedelta(minutes=1):
        return gettext("less than a minute")
    began_at = timezone.now()
    return timesince(began_at, began_at + duration)


class CampaignForm(forms.ModelForm):
    channels = forms.MultipleChoiceField(label=_("Channels"), choices=SERVED, widget=forms.CheckboxSelectMultiple)
    canary_percent = forms.IntegerField(
        label=capfirst(_("canary percent")),
        help_text=_("So many are told first; the rest when that has gone well. 0: all at once."),
        min_value=0,
        max_value=100,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    per_second = forms.IntegerField(
        label=capfirst(_("per second")),
        help_text=_("So many people a second; empty: as many as the providers take."),
        min_value=1,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    failure_percent = forms.DecimalField(
        label=capfirst(_("failure percent")),
        help_text=_("It holds itself when more of the messages have failed."),
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial=5,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    complaint_percent = forms.DecimalField(
        label=capfirst(_("complaint percent")),
        help_text=_("It holds itself when more people have called it spam."),
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial="0.30",
        widget=UnfoldAdminDecimalFieldWidget,
    )

    class Meta:
        model = Campaign
        fields = [
            *("name", "template", "segment", "channels"),
            *("canary_percent", "per_second", "failure_percent", "complaint_percent"),
        ]


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    """What a campaign says and to whom is fixed once it has started."""

    form = CampaignForm
    list_display = ["name", "template", "segment", "state", "progress", "created_at"]
    list_select_related = ["template", "segment", "event"]
    search_fields = ["name", "template__code", "segment__code"]
    ordering = ["-created_at"]
    readonly_fields = ["through", "preview", "state", "progress", "ended", "results"]
    actions = ["start", "pause", "go_on", "cancel"]
    actions_detail = ["test_this", "start_this", "pause_this", "go_on_this", "cancel_this"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        campaigns: CampaignQuerySet = super().get_queryset(request)
        return campaigns.judged()

    def get_fields(self, request: HttpRequest, obj: Campaign | None = None) -> list[str]:
        """Ask for the channels before the start, and name them afterwards."""
        other = "channels" if obj is not None and obj.event_id else "through"
        return [str(name) for name in super().get_fields(request, obj) if name != other]

    @admin.display(description=_("Channels"))
    def through(self, campaign: Campaign) -> str:
        return ", ".join(str(Channel(channel).label) for channel in campaign.channels)

    @admin.display(description=_("State"))
    def state(self, campaign: Campaign) -> str:
        if campaign.event is not None and campaign.state == Campaign.State.PAUSED:
            return str(HELD[PauseReason(campaign.event.pause_reason)])
        return str(campaign.state.label)

    @admin.display(description=_("Planned"))
    def progress(self, campaign: Campaign) -> str:
        if campaign.event is None:
            return "—"
        event = campaign.event
        return format_html(
            '<progress max="100" value="{0}">{0} %</progress> {1} / {2}',
            event.progress_percent,
            event.recipients_planned,
            event.audience_size or 0,
        )

    @admin.display(description=_("Messages that have come to an end"))
    def ended(self, campaign: Campaign) -> str:
        if campaign.event is None:
            return "—"
        far = progress_of(campaign=campaign, results=count_results(event=campaign.event))
        if not far.messages:
            return "—"
        return format_html(
            '<progress max="{0}" value="{1}">{1}</progress> {1} / {0} · {2}',
            far.messages,
            far.ended,
            gettext("sent: %(sent)d, not sent: %(not_sent)d, waiting: %(waiting)d")
            % {"sent": far.sent, "not_sent": far.not_sent, "waiting": far.waiting},
        )

    @admin.display(description=_("Whom it would reach"))
    def preview(self, campaign: Campaign) -> str:
        if campaign.template_id is None or campaign.segment_id is None or not campaign.channels:
            return "—"
        limits: dict[str, float] = {
            Channel.EMAIL: settings.EMAIL_PER_SECOND,
            Channel.PUSH: settings.PUSH_PER_SECOND,
            Channel.TELEGRAM: settings.TELEGRAM_PER_SECOND,
        }
        seen = preview_campaign(campaign=campaign, limits=limits, now=timezone.now())
        rows = [(Channel(one.channel).label, one.reachable, said(one.duration)) for one in seen.channels]
        return format_html(
            "{}: {} · {}<br>{}",
            gettext("Members"),
            seen.members,
            said(seen.duration),
            format_html_join("", "{}: {} ({})<br>", rows),
        )

    @admin.display(description=_("Results"))
    def results(self, campaign: Campaign) -> str:
        if campaign.event is None:
            return "—"
        counts = count_results(event=campaign.event)
        words = dict(NotificationJob._meta.get_field("status").flatchoices)
        rows = [(Channel(channel).label, words[status], count) for channel, status, count in counts]
        return format_html_join("", "{} · {}: {}<br>", rows) or "—"

    @admin.action(description=STEPS["start"].title, permissions=["run"])
    def start(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        return self._each(request, queryset, "start")

    @admin.action(description=STEPS["pause"].title, permissions=["run"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        return self._each(request, queryset, "pause")

    @admin.action(description=STEPS["go_on"].title, permissions=["run"])
    def go_on(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        return self._each(request, queryset, "go_on")

    @admin.action(description=STEPS["cancel"].title, permissions=["run"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        return self._each(request, queryset, "cancel")

    @action(description=STEPS["test"].title, permissions=["run"])
    def test_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_step(object_id, "test")

    @action(description=STEPS["start"].title, permissions=["run"])
    def start_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_step(object_id, "start")

    @action(description=STEPS["pause"].title, permissions=["run"])
    def pause_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_step(object_id, "pause")

    @action(description=STEPS["go_on"].title, permissions=["run"])
    def go_on_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_step(object_id, "go_on")

    @action(description=STEPS["cancel"].title, permissions=["run"])
    def cancel_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_step(object_id, "cancel")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer the steps that can do something for the campaign as it is."""
        campaign = self.get_object(request, object_id)
        fitting = steps_for(campaign) if campaign is not None else set()
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if any(one.action_name.endswith(f"_{name}_this") for name in fitting)]

    def get_urls(self) -> list[Any]:
        taking = path(
            "<uuid:campaign_id>/steps/<slug:name>/",
            self.admin_site.admin_view(partial(take_step, model_admin=self)),
            name="notifications_campaign_step",
        )
        return [taking, *super().get_urls()]

    def has_run_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm(RUN)

    def _each(self, request: HttpRequest, queryset: QuerySet[Campaign], name: str) -> HttpResponse | None:
        step = STEPS[name]
        if step.is_final and (asking := ask_for_code(request)):
            return asking
        for campaign in queryset:
            try:
                step.act(request, campaign)
            except Problem as problem:
                self.message_user(request, f"{campaign}: {gettext(problem.title)}", messages.ERROR)
            else:
                self.message_user(request, gettext("%s: done.") % campaign)
        return None

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: Any) -> None:
        if not change:
            obj.created_by_id = request.user.pk
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.event_id is None)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and obj.event_id is None


def _to_step(object_id: str, name: str) -> HttpResponse:
    return redirect("admin:notifications_campaign_step", campaign_id=object_id, name=name)
