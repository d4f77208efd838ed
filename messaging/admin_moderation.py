"""The queue of reported messages: a moderator says why before reading, and decides once."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from common.callers import caller_id
from common.problems import Problem
from common.transactions import use_case
from messaging.adapters.orm.reports import decide_report, read_reported
from messaging.models import Message, MessageReport

UPHOLD, CLOSE, DISMISS = "uphold", "close", "dismiss"


class ReadForm(forms.Form):
    """Why somebody reads what people have written to each other; it is kept for ever."""

    reason = forms.CharField(label=_("Why you read it"), max_length=500, widget=UnfoldAdminTextInputWidget)


class DecisionForm(forms.Form):
    """What becomes of the report."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (UPHOLD, _("The report is right")),
            (CLOSE, _("The report is right; nobody writes in this conversation any more")),
            (DISMISS, _("There is nothing wrong with the message")),
        ],
        widget=UnfoldAdminRadioSelectWidget,
    )


@admin.register(MessageReport)
class MessageReportAdmin(ModelAdmin):
    """Reports are made by members, and decided here."""

    list_display = ["reason", "status", "reporter", "created_at", "decided_by"]
    list_filter = ["status", "reason"]
    list_select_related = ["reporter", "decided_by"]
    ordering = ["-status", "created_at"]
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageReport]:
        return super().get_queryset(request).select_related("conversation")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask why, show the message and those around it, and decide."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        report = get_object_or_404(self.get_queryset(request).select_related("reporter", "decided_by"), pk=object_id)
        reading = ReadForm(request.POST if "reason" in request.POST else None)
        deciding = DecisionForm(request.POST if "decision" in request.POST else None)
        if deciding.is_bound and deciding.is_valid():
            return self._decide(request, report, deciding.cleaned_data["decision"])
        shown: list[dict[str, Any]] = []
        if reading.is_bound and reading.is_valid():
            shown = _read(request, report, reading.cleaned_data["reason"])
        context = {
            **self.admin_site.each_context(request),
            "title": report.get_reason_display(),
            "report": report,
            "reading": reading,
            "deciding": deciding,
            "shown": shown,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/messaging/report.html", context)

    def _decide(self, request: HttpRequest, report: MessageReport, decision: str) -> HttpResponse:
        try:
            with use_case():
                decide_report(
                    actor_id=caller_id(request),
                    report_id=report.pk,
                    is_upheld=decision != DISMISS,
                    closes=decision == CLOSE,
                    now=timezone.now(),
                )
        except Problem as problem:
            self.message_user(request, gettext(problem.title), messages.WARNING)
        else:
            self.message_user(request, gettext("Decided."))
        return HttpResponseRedirect(reverse("admin:messaging_messagereport_changelist"))


def _read(request: HttpRequest, report: MessageReport, reason: str) -> list[dict[str, Any]]:
    with use_case():
        found = read_reported(actor_id=caller_id(request), report_id=report.pk, reason=reason)
    senders = User.objects.filter(id__in={one.sender_id for one in found})
    names = {user.pk: user.public_name for user in senders}
    return [
        {
            "name": names.get(one.sender_id, ""),
            "at": one.at,
            "text": text_of(one),
            "is_reported": one.seq == report.seq,
        }
        for one in found
    ]


def text_of(message: Message) -> str:
    """Return what stands for a message: its text, or the name of its file."""
    return str(message.body.get("text") or message.body.get("name") or message.kind)
