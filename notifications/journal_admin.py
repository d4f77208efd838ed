"""What came and what was sent, in the admin: the events, how far their jobs are planned, and why each was (not) sent."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.read_only_admin import ReadOnlyAdmin
from common.transactions import use_case
from notifications.models import NotificationEvent, NotificationJob
from notifications.services.control_mailing import cancel_mailing, pause_mailing, resume_mailing
from notifications.services.replay_jobs import replay_jobs
from notifications.trace_words import trace_line

# So many are named in the audit log: a filter may choose a hundred thousand.
FEW = 20


@admin.register(NotificationEvent)
class NotificationEventAdmin(ReadOnlyAdmin):
    list_display = [
        "event_type",
        "source",
        "event_id",
        "status",
        "blocked_on",
        "progress",
        "jobs_planned",
        "received_at",
    ]
    list_filter = ["status", "event_type", "source"]
    title_fields = ("event_type", "received_at")
    search_fields = ["=event_id", "blocked_on"]
    ordering = ["-received_at", "-id"]
    exclude = ["body_hash"]
    # For mailings of other services: nobody else could let one go on that has held itself.
    actions = ["pause", "go_on", "cancel"]

    @admin.display(description=_("Planned"))
    def progress(self, event: NotificationEvent) -> str:
        return f"{event.progress_percent} %"

    @admin.action(description=_("Pause"), permissions=["run"])
    def pause(self, request: HttpRequest, queryset: QuerySet[NotificationEvent]) -> None:
        self._each(request, queryset, pause_mailing, reason=NotificationEvent.PauseReason.PERSON)

    @admin.action(description=_("Go on"), permissions=["run"])
    def go_on(self, request: HttpRequest, queryset: QuerySet[NotificationEvent]) -> None:
        self._each(request, queryset, resume_mailing)

    @admin.action(description=_("End for good"), permissions=["run"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[NotificationEvent]) -> None:
        self._each(request, queryset, cancel_mailing)

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_campaign")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[NotificationEvent],
        act: Callable[..., object],
        **more: str,
    ) -> None:
        for event in queryset:
            try:
                with use_case():
                    act(event_id=event.id, actor_id=request.user.pk, now=timezone.now(), **more)
            except Problem as problem:
                self.message_user(request, f"{event}: {gettext(problem.title)}", messages.ERROR)
            else:
                self.message_user(request, gettext("%s: done.") % event)


@admin.register(NotificationJob)
class NotificationJobAdmin(ReadOnlyAdmin):
    list_display = [
        "template_code",
        "channel",
        "status",
        "reason",
        "attempts",
        "event_type",
        "created_at",
        "finished_at",
    ]
    list_filter = ["status", "channel", "category", "event__event_type"]
    list_select_related = ["event"]
    title_fields = ("template_code", "created_at")
    search_fields = ["=id", "=event__event_id", "=recipient__external_id", "template_code"]
    # Ids are given out in the order of time (UUIDv7).
    ordering = ["-id"]
    actions = ["replay"]
    exclude = ["decisions", "lease_token"]
    readonly_fields = ["why"]

    @admin.display(description=_("Event type"))
    def event_type(self, job: NotificationJob) -> str:
        return job.event.event_type

    @admin.display(description=_("Why was it (not) sent"))
    def why(self, job: NotificationJob) -> str:
        return "\n".join(trace_line(one) for one in job.decisions) or "—"

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_notificationjob")

    @admin.action(description=_("Send dead and undeliverable jobs again"), permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[NotificationJob]) -> None:
        with use_case():
            chosen = [str(one) for one in queryset.values_list("id", flat=True)[: FEW + 1]]
            count = replay_jobs(jobs=queryset, now=timezone.now())
            record_entry(
                actor_id=request.user.pk,
                action="notifications.replay",
                target_type="notifications.notificationjob",
                target_id=chosen[0] if len(chosen) == 1 else "several",
                changes={"jobs": [None, count], "first": [None, chosen[:FEW]]},
            )
        self.message_user(request, ngettext("%d job will be sent again.", "%d jobs will be sent again.", count) % count)
