"""The audit log for people: read, filter, compare before and after, take away as CSV."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import FieldTextFilter, RangeDateTimeFilter, TextFilter
from unfold.utils import parse_datetime_str

from audit.csv_rows import csv_lines
from audit.models import AuditEntry
from audit.services.record_entry import record_entry
from common.read_only_admin import ReadOnlyAdmin
from common.transactions import use_case


class ActorFilter(TextFilter):
    """By the actor's e-mail; ids are found by the search field."""

    title = _("actor")
    parameter_name = "actor"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        if not self.value():
            return queryset
        users = get_user_model()._default_manager.filter(email__icontains=self.value())
        return queryset.filter(actor_id__in=users.values("pk"))


class PeriodFilter(RangeDateTimeFilter):
    """A half-open period. The theme's own filter compares naive times, which mean nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        for edge, lookup in (("from", "gte"), ("to", "lt")):
            moment = self._moment(edge)
            if moment is not None:
                queryset = queryset.filter(**{f"{self.field_path}__{lookup}": moment})
        return queryset

    def _moment(self, edge: str) -> datetime | None:
        day = self.used_parameters.get(f"{self.parameter_name}_{edge}_0")
        time = self.used_parameters.get(f"{self.parameter_name}_{edge}_1") or "00:00:00"
        moment = parse_datetime_str(f"{day} {time}") if day else None
        return moment if moment is None or timezone.is_aware(moment) else timezone.make_aware(moment)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "action", "target_type", "target_id", "reason"]
    list_filter = [
        ("action", FieldTextFilter),
        ActorFilter,
        ("target_type", FieldTextFilter),
        ("target_id", FieldTextFilter),
        ("at", PeriodFilter),
    ]
    title_fields = ("action", "at")
    search_fields = ["=actor_id", "=target_id", "=request_id", "action", "reason"]
    search_help_text = _("Id of the actor, of the target or of the request; a part of the action or of the reason.")
    ordering = ["-id"]
    list_per_page = 50
    actions = ["export_csv"]
    fields = ["at", "actor", "action", "target_type", "target_id", "difference", "reason", "request_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        users = get_user_model()._default_manager.filter(pk=OuterRef("actor_id"))
        entries: QuerySet[AuditEntry] = super().get_queryset(request)
        return entries.annotate(actor_email=Subquery(users.values("email")[:1]))

    @admin.display(description=_("actor"))
    def actor(self, entry: AuditEntry) -> str:
        return getattr(entry, "actor_email", None) or str(entry.actor_id or _("the platform"))

    @admin.display(description=_("what changed"))
    def difference(self, entry: AuditEntry) -> str:
        """Show before and after, a line for each field."""
        rows = list(_differences(entry))
        if not rows:
            return "—"
        head = format_html("<tr><th></th><th>{}</th><th>{}</th></tr>", _("before"), _("after"))
        body = format_html_join("", "<tr><th>{}</th><td><del>{}</del></td><td><ins>{}</ins></td></tr>", rows)
        return format_html("<table>{}{}</table>", head, body)

    @admin.action(description=_("Export the chosen entries as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> StreamingHttpResponse:
        with use_case():
            record_entry(
                actor_id=request.user.pk,
                action="audit.export",
                target_type="audit.entry",
                target_id="csv",
                changes={"filter": [None, request.GET.urlencode()]},
            )
        response = StreamingHttpResponse(
            csv_lines(queryset.order_by("id").iterator()), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = 'attachment; filename="audit.csv"'
        return response


def _differences(entry: AuditEntry) -> Iterator[tuple[str, str, str]]:
    for field, change in entry.changes.items():
        before, after = change if isinstance(change, list) and len(change) == 2 else ("", change)
        yield field, _readable(before), _readable(after)


def _readable(value: Any) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
