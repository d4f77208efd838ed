"""Campaigns in the admin: whom they would reach, starting, holding, ending, and how far they are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from common.problems import Problem
from common.transactions import use_case
from notifications.models import Campaign
from notifications.models.choices import Channel
from notifications.selectors import count_results
from notifications.services.control_campaign import begin_campaign, cancel_campaign, pause_campaign, resume_campaign
from notifications.services.preview_campaign import preview_campaign

SERVED = [choice for choice in Channel.choices if choice[0] != Channel.WEBHOOK]


def said(duration: timedelta) -> str:
    """Return how long it takes as people say it: "2 hours, 5 minutes"."""
    if duration < timedelta(minutes=1):
        return gettext("less than a minute")
    began_at = timezone.now()
    return timesince(began_at, began_at + duration)


class CampaignForm(forms.ModelForm):
    channels = forms.MultipleChoiceField(label=_("Channels"), choices=SERVED, widget=forms.CheckboxSelectMultiple)

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
    readonly_fields = ["preview", "state", "progress", "results"]
    actions = ["start", "pause", "go_on", "cancel"]

    @admin.display(description=_("State"))
    def state(self, campaign: Campaign) -> str:
        event = campaign.event
        if event is None:
            return gettext("not started")
        if event.pause_reason:
            return gettext("paused: %s") % event.pause_reason
        return event.status

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

    @admin.display(description=_("Whom it would reach"))
    def preview(self, campaign: Campaign) -> str:
        if campaign.template_id is None or campaign.segment_id is None:
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
        rows = [(Channel(channel).label, status, count) for channel, status, count in counts]
        return format_html_join("", "{} · {}: {}<br>", rows)

    @admin.action(description=_("Start"), permissions=["run"])
    def start(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self._each(request, queryset, begin_campaign)

    @admin.action(description=_("Pause"), permissions=["run"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self._each(request, queryset, pause_campaign)

    @admin.action(description=_("Go on"), permissions=["run"])
    def go_on(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self._each(request, queryset, resume_campaign)

    @admin.action(description=_("End for good"), permissions=["run"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self._each(request, queryset, cancel_campaign)

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_campaign")

    def _each(self, request: HttpRequest, queryset: QuerySet[Campaign], act: Callable[..., object]) -> None:
        for campaign in queryset:
            try:
                with use_case():
                    act(campaign_id=campaign.id, actor_id=request.user.pk, now=timezone.now())
            except Problem as problem:
                self.message_user(request, f"{campaign}: {gettext(problem.title)}", messages.ERROR)
            else:
                self.message_user(request, gettext("%s: done.") % campaign)

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: Any) -> None:
        if not change:
            obj.created_by_id = request.user.pk
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.event_id is None)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and obj.event_id is None
