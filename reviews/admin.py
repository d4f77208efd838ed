"""The moderation queue of the admin: read, claim, publish, reject, hide."""

from collections.abc import Callable
from typing import cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import ActionForm

from common.problems import Problem
from common.read_only_admin import ReadOnlyAdmin
from common.transactions import use_case
from reviews.models import ModerationDecision, Review
from reviews.services.claim_review import claim_review
from reviews.services.dismiss_reports import dismiss_reports
from reviews.services.hide_review import hide_review
from reviews.services.publish_review import publish_review
from reviews.services.reject_review import reject_review


class RefusalForm(ActionForm):
    """The choice of an action, with the reason that a refusal needs."""

    reason_code = forms.ChoiceField(
        label=_("Reason"), choices=[("", _("reason (to reject or hide)")), *Review.Reason.choices], required=False
    )
    reason_text = forms.CharField(label=_("Explanation"), required=False, max_length=2000)


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = [
        "event",
        "rating",
        "text_start",
        "status",
        "check_reasons",
        "report_count",
        "appeal_text",
        "submitted_at",
        "holder",
    ]
    list_filter = ["status", ("appealed_at", admin.EmptyFieldListFilter), "rating", "is_anonymous"]
    list_select_related = ["event", "author", "claimed_by"]
    title_fields = ("event", "author")
    search_fields = ["event__title", "text", "author__email"]
    ordering = ["submitted_at", "id"]
    action_form = RefusalForm
    actions = ["claim", "publish", "reject", "hide", "dismiss_reports"]
    list_per_page = 50

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reviews.change_review")

    @admin.display(description=_("text"))
    def text_start(self, review: Review) -> str:
        return review.text if len(review.text) <= 160 else f"{review.text[:160]}…"

    @admin.display(description=_("claimed by"))
    def holder(self, review: Review) -> str:
        return str(review.claimed_by or "—")

    @admin.action(permissions=["moderate"], description=_("Claim: read it in the next quarter of an hour"))
    def claim(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        self._each(request, queryset, claim_review)

    @admin.action(permissions=["moderate"], description=_("Publish what you have claimed"))
    def publish(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        self._each(request, queryset, publish_review)

    @admin.action(permissions=["moderate"], description=_("Reject what you have claimed, for the chosen reason"))
    def reject(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        self._refuse(request, queryset, reject_review)

    @admin.action(permissions=["moderate"], description=_("Hide what is published, for the chosen reason"))
    def hide(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        self._refuse(request, queryset, hide_review)

    @admin.action(permissions=["moderate"], description=_("Let it stand: close what readers have reported"))
    def dismiss_reports(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        self._each(request, queryset, dismiss_reports)

    def _refuse(self, request: HttpRequest, queryset: QuerySet[Review], service: Callable[..., Review]) -> None:
        reason = request.POST.get("reason_code", "")
        if reason not in Review.Reason:
            self.message_user(request, gettext("Choose a reason: the author reads it."), messages.ERROR)
            return
        self._each(request, queryset, service, reason_code=reason, reason_text=request.POST.get("reason_text", ""))

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Review], service: Callable[..., Review], **reason: str
    ) -> None:
        """Run one use case per review: a refusal of one leaves the others done, and is shown."""
        moderator_id, done = cast("UUID", request.user.pk), 0
        for review_id in queryset.values_list("pk", flat=True):
            try:
                with use_case():
                    service(review_id=review_id, moderator_id=moderator_id, now=timezone.now(), **reason)
            except Problem as problem:
                self.message_user(request, f"{review_id}: {gettext(problem.title)}", messages.WARNING)
            else:
                done += 1
        self.message_user(request, ngettext("%d review done.", "%d reviews done.", done) % done)


@admin.register(ModerationDecision)
class ModerationDecisionAdmin(ReadOnlyAdmin):
    list_display = ["decided_at", "outcome", "event", "author", "decided_by", "reason_code", "reason_text"]
    list_filter = ["outcome", "reason_code"]
    list_select_related = ["event", "author", "decided_by"]
    title_fields = ("event", "outcome")
    search_fields = ["event__title", "author__email", "decided_by__email"]
    ordering = ["-decided_at", "-id"]
