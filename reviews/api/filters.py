"""What lists of reviews can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from common.api.pagination import CursorPagination
from common.problems import FieldProblem, InvalidInput
from reviews.models import Review
from reviews.selectors import ORDERS


class ReviewPages(CursorPagination):
    """Pages in the order that `ordering` names."""

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        wanted = request.query_params.get("ordering", "newest")
        if wanted not in ORDERS:
            detail = f"One of: {', '.join(ORDERS)}."
            raise InvalidInput(errors=(FieldProblem("/ordering", "invalid_choice", detail),))
        return ORDERS[wanted]


class ReviewFilter(django_filters.FilterSet):
    rating = django_filters.NumberFilter(field_name="rating", min_value=1, max_value=5, decimal_places=0)
    with_reply = django_filters.BooleanFilter(method="narrow_to_reply", label="With the organizer's reply")
    ordering = django_filters.ChoiceFilter(
        choices=[(name, name) for name in ORDERS], method="leave", label="newest (default), helpful, highest, lowest"
    )

    class Meta:
        model = Review
        fields: list[str] = []

    def narrow_to_reply(self, queryset: QuerySet[Review], name: str, value: bool) -> QuerySet[Review]:  # noqa: FBT001
        return queryset.filter(replies__isnull=not value)

    def leave(self, queryset: QuerySet[Review], name: str, value: str) -> QuerySet[Review]:
        """Leave the order to the pages."""
        return queryset


class QueuePages(CursorPagination):
    ordering = ("submitted_at", "id")


class QueueFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Review.Status.choices)
    reported = django_filters.BooleanFilter(method="narrow_to_reported", label="Reported by readers")
    appealed = django_filters.BooleanFilter(
        field_name="appealed_at", lookup_expr="isnull", exclude=True, label="Appealed by their authors"
    )
    check_reason = django_filters.CharFilter(field_name="check_reasons", lookup_expr="contains")

    class Meta:
        model = Review
        fields: list[str] = []

    @property
    def qs(self) -> QuerySet[Review]:
        """The queue itself unless another status is asked for."""
        rows = super().qs
        asked = self.form.cleaned_data if self.is_bound and self.form.is_valid() else {}
        return rows if asked.get("status") or asked.get("reported") is not None else rows.pending()

    def narrow_to_reported(self, queryset: QuerySet[Review], name: str, value: bool) -> QuerySet[Review]:  # noqa: FBT001
        reported = queryset.filter(status=Review.Status.PUBLISHED, report_count__gt=0)
        return reported if value else queryset.filter(report_count=0)
