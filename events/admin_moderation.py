"""The queue of events that were reported, or that the automatic check has found something in."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import use_case
from events.admin_actors import administrator_of, may_moderate
from events.models import EventReport, ModerationCase, StopWord
from events.services.decide_case import decide_case

FINDINGS = {
    "stop_word": _("stop word"),
    "link": _("link where none belongs"),
    "hidden_link": _("link that hides where it leads"),
    "many_links": _("many links"),
}


class DecisionForm(forms.Form):
    """What becomes of the event, and why."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (ModerationCase.Status.TAKEN_DOWN, _("Take the event down")),
            (ModerationCase.Status.DISMISSED, _("Leave it where it is")),
        ],
        widget=UnfoldAdminRadioSelectWidget,
    )
    note = forms.CharField(
        label=_("Reason"),
        help_text=_("When the event is taken down, its organizer reads this."),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget,
    )


@admin.register(ModerationCase)
class ModerationCaseAdmin(ModelAdmin):
    """Cases are opened by reports and checks, and decided here."""

    list_display = ["event", "status", "reports", "what_was_found", "opened_at", "decided_by"]
    list_filter = ["status"]
    list_select_related = ["event", "decided_by"]
    search_fields = ["event__title", "=event__id"]
    ordering = ["-status", "opened_at"]
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, *_: Any) -> bool:
        return may_moderate(request)

    has_change_permission = has_view_permission
    has_module_permission = has_view_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModerationCase]:
        return super().get_queryset(request).defer("event__description")

    @admin.display(description=_("found by the check"))
    def what_was_found(self, case: ModerationCase) -> str:
        return "; ".join(f"{FINDINGS.get(one['code'], one['code'])}: {one['found']}" for one in case.findings) or "—"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what speaks against the event, and decide."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        case = self.get_object(request, object_id)
        if case is None:
            raise Http404
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._decide(request, case, form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),
            "title": case.event.title,
            "case": case,
            "findings": [{"what": FINDINGS.get(one["code"], one["code"]), **one} for one in case.findings],
            "reports": EventReport.objects.filter(event=case.event)
            .select_related("user")
            .order_by("-created_at")[:100],
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/events/case.html", context)

    def _decide(self, request: HttpRequest, case: ModerationCase, said: dict[str, Any]) -> HttpResponse:
        try:
            with use_case():
                decide_case(administrator=administrator_of(request), case_id=case.pk, now=timezone.now(), **said)
        except Problem as problem:
            self.message_user(request, gettext(problem.title), messages.WARNING)
        else:
            self.message_user(request, gettext("Decided."))
        return HttpResponseRedirect(reverse("admin:events_moderationcase_changelist"))


@admin.register(StopWord)
class StopWordAdmin(ModelAdmin):
    list_display = ["word"]
    search_fields = ["word"]
    ordering = ["word"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "word" and field is not None:
            # Texts are compared in small letters.
            clean = field.clean
            field.clean = lambda value, *args: clean(str(value or "").strip().lower(), *args)
        return field

    def save_model(self, request: HttpRequest, obj: StopWord, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        self._audit(request, obj, "change" if change else "add")

    def delete_model(self, request: HttpRequest, obj: StopWord) -> None:
        self._audit(request, obj, "delete")
        super().delete_model(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the deletion of many at once: each is audited by itself."""
        return {name: value for name, value in super().get_actions(request).items() if name != "delete_selected"}

    def _audit(self, request: HttpRequest, word: StopWord, what: str) -> None:
        record_entry(
            actor_id=UUID(str(request.user.pk)),
            action=f"events.{what}_stop_word",
            target_type="events.stop_word",
            target_id=str(word.pk),
            changes={"word": [None, word.word]},
        )
