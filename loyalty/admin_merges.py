"""The queue of customers that may be one person, in the back office: looked at side by side, then decided."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.callers import caller_id
from common.problems import Problem
from common.read_only_admin import ReadOnlyAdmin
from common.transactions import use_case
from loyalty.admin_choices import MOST_IN_LIST, ask_for_code, chosen_in, to_page
from loyalty.customer_selectors import Standing, standings_of
from loyalty.models import Customer, MergeCandidate
from loyalty.services.merge_customers import dismiss_merge, merge_customers

# A merge can't be undone: no more at once than somebody looks through.
MERGED_AT_ONCE = 50
PAGE = "loyalty_mergecandidate_merge"
WITH_BOTH = ("project", "keeps__level", "keeps__merged_into__level", "gives__level", "gives__merged_into__level")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two customers as they are now: one may have become another since they came into the queue."""

    candidate: MergeCandidate
    keeps: Customer
    gives: Customer
    sides: tuple[tuple[Customer, str, Standing], ...]

    @property
    def is_one(self) -> bool:
        return self.keeps.pk == self.gives.pk


@admin.register(MergeCandidate)
class MergeCandidateAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "project", "stays", "goes", "status", "decided_at", "decided_by"]
    list_filter = ["status"]
    list_select_related = ["project", "keeps", "gives", "decided_by"]
    list_max_show_all = MOST_IN_LIST
    title_fields = ("stays", "goes")
    search_fields = ["=id"]
    ordering = ["-created_at", "-id"]
    actions = ["merge", "dismiss"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("loyalty.change_mergecandidate")

    def get_urls(self) -> list[Any]:
        return [path("merge/", self.admin_site.admin_view(self.merge_page), name=PAGE), *super().get_urls()]

    @admin.display(description=_("stays"))
    def stays(self, candidate: MergeCandidate) -> str:
        return named(candidate.keeps)

    @admin.display(description=_("goes into it"))
    def goes(self, candidate: MergeCandidate) -> str:
        return named(candidate.gives)

    @admin.action(description=_("One person: merge"), permissions=["decide"])
    def merge(self, request: HttpRequest, queryset: QuerySet[MergeCandidate]) -> HttpResponse:
        return to_page(request, queryset, f"admin:{PAGE}")

    @admin.action(description=_("Two people: leave apart"), permissions=["decide"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[MergeCandidate]) -> None:
        now = timezone.now()
        for candidate in queryset.order_by("created_at", "id")[:MERGED_AT_ONCE]:
            act = partial(dismiss_merge, candidate_id=candidate.pk, actor_id=caller_id(request), now=now)
            self._decide(request, _told(candidate), act, gettext("two people"))

    def merge_page(self, request: HttpRequest) -> HttpResponse:
        """Show both customers of each pair; merge the pairs that were shown on a yes."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        if asking := ask_for_code(request):
            return asking
        chosen = chosen_in(request, self).select_related(*WITH_BOTH).order_by("created_at", "id")
        if request.method == "POST":
            return self._merged(request, chosen)
        still_open = chosen.filter(status=MergeCandidate.Status.OPEN)
        pairs = _pairs(list(still_open[:MERGED_AT_ONCE]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("One person: merge"),
            "pairs": pairs,
            "count": still_open.count(),
            "decided": chosen.exclude(status=MergeCandidate.Status.OPEN).count(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/loyalty/merge.html", context)

    def _merged(self, request: HttpRequest, chosen: QuerySet[MergeCandidate]) -> HttpResponse:
        """Merge pair by pair, each in a use case of its own: one that is refused keeps none from being merged."""
        shown = set(request.POST.getlist("pair")[:MERGED_AT_ONCE])
        now = timezone.now()
        for candidate in chosen:
            if str(candidate.pk) not in shown:
                continue
            act = partial(merge_customers, candidate_id=candidate.pk, actor_id=caller_id(request), now=now)
            self._decide(request, _told(candidate), act, gettext("merged"))
        return HttpResponseRedirect(reverse("admin:loyalty_mergecandidate_changelist"))

    def _decide(self, request: HttpRequest, pair: str, act: Any, done: str) -> None:
        try:
            with use_case():
                act()
        except Problem as problem:
            self.message_user(request, f"{pair}: {gettext(problem.title)}", messages.WARNING)
        else:
            self.message_user(request, f"{pair}: {done}", messages.SUCCESS)


def named(customer: Customer) -> str:
    """Return how people know a customer: whoever was merged may have given all contacts away."""
    return str(customer) or customer.name or str(customer.pk)


def _told(candidate: MergeCandidate) -> str:
    return f"{named(candidate.gives)} → {named(candidate.keeps)}"


def _pairs(candidates: list[MergeCandidate]) -> list[Pair]:
    present = [(one, one.keeps.merged_into or one.keeps, one.gives.merged_into or one.gives) for one in candidates]
    ids: set[UUID] = {customer.pk for _, *both in present for customer in both}
    standings = standings_of(customer_ids=ids)
    return [
        Pair(
            candidate=one,
            keeps=keeps,
            gives=gives,
            sides=(
                (keeps, gettext("stays"), standings[keeps.pk]),
                (gives, gettext("goes into it"), standings[gives.pk]),
            ),
        )
        for one, keeps, gives in present
    ]
