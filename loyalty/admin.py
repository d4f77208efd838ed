"""Loyalty in the back office: read everything, replay webhooks, change a project's rules through its service."""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from common.read_only_admin import ReadOnlyAdmin
from loyalty import admin_customers, admin_merges, admin_webhooks
from loyalty.models import (
    CallbackEvent,
    LedgerEntry,
    LedgerTransaction,
    Lot,
    Order,
    Project,
    ProjectMember,
    Transfer,
    WebhookDelivery,
)
from loyalty.report_selectors import NEEDING_ATTENTION, report_of
from loyalty.report_words import explained, shown
from loyalty.services.change_project import change_project

# Register their pages when they are imported.
__all__ = ["admin_customers", "admin_merges", "admin_webhooks"]

DASHBOARD_DAYS = 30
SHOWN = 20


class MemberInline(TabularInline):
    model = ProjectMember
    hide_title = True
    extra = 0
    can_delete = False
    fields = readonly_fields = ["user", "role", "created_at"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Project)
class ProjectAdmin(ModelAdmin):
    list_display = [
        "name",
        "figures",
        "is_active",
        "base_percent",
        "signature_mode",
        "accrue_on",
        "rate_limit_per_minute",
    ]
    list_filter = ["is_active", "signature_mode", "accrue_on"]
    search_fields = ["name", "=id"]
    readonly_fields = ["id", "connected_at", "created_at"]
    ordering = ["-created_at"]
    inlines = [MemberInline]
    show_full_result_count = False

    def get_urls(self) -> list[Any]:
        dashboard = path(
            "<uuid:project_id>/dashboard/",
            self.admin_site.admin_view(self.dashboard),
            name="loyalty_project_dashboard",
        )
        return [dashboard, *super().get_urls()]

    @admin.display(description=_("Dashboard"))
    def figures(self, project: Project) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:loyalty_project_dashboard", args=[project.pk]), _("Dashboard")
        )

    def dashboard(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show a project's last month, and what waits for somebody to look at it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        project = get_object_or_404(Project, pk=project_id)
        attention = WebhookDelivery.objects.filter(project=project, status__in=NEEDING_ATTENTION)
        context = {
            **self.admin_site.each_context(request),
            **shown(report_of(project=project, days=DASHBOARD_DAYS, now=timezone.now())),
            "title": project.name,
            "project": project,
            "attention": attention.defer("body").order_by("-received_at", "-id")[:SHOWN],
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/loyalty/dashboard.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a project is opened by its owner, who is shown its secrets once."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a ledger is kept."""
        return False

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:  # noqa: FBT001  (Django's)
        """Write through the service; Django has opened the transaction around its form."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        change_project(project=Project.objects.get(id=obj.id), actor_id=_actor(request), **changes)


@admin.register(CallbackEvent)
class CallbackEventAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "project", "event", "status", "attempts", "last_status", "last_error"]
    list_filter = ["status", "event"]
    list_select_related = ["project"]
    title_fields = ("event", "created_at")
    search_fields = ["=id"]
    ordering = ["-created_at", "-id"]
    exclude = ["body"]


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "project", "kind", "status", "rows_done", "rows_total", "failed_rows", "created_by"]
    list_filter = ["kind", "status"]
    list_select_related = ["project", "created_by"]
    title_fields = ("kind", "created_at")
    search_fields = ["=id"]
    ordering = ["-created_at", "-id"]
    exclude = ["content"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        return super().get_queryset(request).defer("content")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ["order_id", "kind", "project", "customer", "amount", "status", "placed_at"]
    list_filter = ["kind", "status"]
    list_select_related = ["project", "customer"]
    search_fields = ["=order_id", "=id"]
    ordering = ["-placed_at", "-id"]


class EntryInline(TabularInline):
    model = LedgerEntry
    hide_title = True
    extra = 0
    can_delete = False
    fields = readonly_fields = ["kind", "lot_expires", "amount"]

    @admin.display(description=_("account"))
    def kind(self, entry: LedgerEntry) -> str:
        return entry.account.get_kind_display()

    @admin.display(description=_("lapse at"))
    def lot_expires(self, entry: LedgerEntry) -> str:
        """Tell the points of a lot apart by when they lapse."""
        if entry.lot is None:
            return "—"
        return date_format(localtime(entry.lot.expires_at)) if entry.lot.expires_at else str(_("never lapse"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEntry]:
        return super().get_queryset(request).select_related("account", "lot")


@admin.register(LedgerTransaction)
class LedgerTransactionAdmin(ReadOnlyAdmin):
    list_display = ["posted_at", "kind", "project", "customer", "order"]
    list_filter = ["kind"]
    list_select_related = ["project", "customer", "order"]
    title_fields = ("kind", "posted_at")
    search_fields = ["=id", "=order__order_id"]
    ordering = ["-posted_at", "-id"]
    inlines = [EntryInline]
    exclude = ["explanation"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "why"]

    @admin.display(description=_("explanation"))
    def why(self, transaction: LedgerTransaction) -> str:
        """Write how the points came about, a line for each rule."""
        return format_html_join(mark_safe("<br>"), "{}", [(line,) for line in explained(transaction)]) or "—"


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    list_display = ["customer", "project", "amount", "remaining", "status", "created_at", "expires_at"]
    list_filter = ["status"]
    list_select_related = ["project", "customer"]
    title_fields = ("customer", "amount")
    search_fields = ["=id"]
    ordering = ["-created_at", "-id"]


def _actor(request: HttpRequest) -> UUID:
    return cast("UUID", request.user.pk)
