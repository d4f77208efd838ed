"""Steps for many events in the back office: what hangs on them first, then an order with its progress."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from common.problems import Problem
from common.transactions import use_case
from events.admin_actors import administrator_of
from events.models import BulkOperation
from events.ports import bookings
from events.selectors.bulk import list_bulk_items, list_planned_event_ids, progress_of
from events.services.order_bulk_operation import order_bulk_operation
from events.services.steer_bulk_operation import steer_bulk_operation

SHOWN_IN_PLAN = 50
SHOWN_IN_ORDER = 200
REASONED = (BulkOperation.Action.CANCEL, BulkOperation.Action.SUSPEND)


class ReasonForm(forms.Form):
    """Why; the organizer and everybody with a booking read it."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget)


class PercentForm(forms.Form):
    """By how much."""

    percent = forms.IntegerField(
        label=_("Percent, with a minus to lower"), min_value=-90, max_value=500, widget=UnfoldAdminIntegerFieldWidget
    )


class NothingForm(forms.Form):
    """The step needs nothing but a yes."""


def form_for(action: str) -> type[forms.Form]:
    """Return what a step asks for."""
    if action in REASONED:
        return ReasonForm
    return PercentForm if action == BulkOperation.Action.CHANGE_PRICES else NothingForm


def plan_step(request: HttpRequest, action: str, event_ids: Iterable[uuid.UUID]) -> HttpResponse:
    """Write down what is wanted, without doing it, and show what hangs on it."""
    operation_id = uuid.uuid4()
    with use_case():
        order_bulk_operation(
            actor=administrator_of(request),
            operation_id=operation_id,
            action=action,
            event_ids=list(event_ids),
            parameters={},
            status=BulkOperation.Status.PLANNED,
            now=timezone.now(),
        )
    return HttpResponseRedirect(reverse("admin:events_bulkoperation_plan", args=[operation_id]))


@admin.register(BulkOperation)
class BulkOperationAdmin(ModelAdmin):
    """Orders change by being started, stopped and resumed only."""

    list_display = ["action", "status", "user", "created_at", "finished_at"]
    list_filter = ["status", "action"]
    list_select_related = ["user"]
    ordering = ["-created_at", "-id"]
    show_full_result_count = False
    change_form_template = "admin/events/order.html"

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm("events.change_event")

    has_change_permission = has_view_permission
    has_module_permission = has_view_permission

    def get_urls(self) -> list[Any]:
        plan = path(
            "<uuid:operation_id>/plan/", self.admin_site.admin_view(self.plan), name="events_bulkoperation_plan"
        )
        steer = path(
            "<uuid:operation_id>/steer/<str:step>/",
            self.admin_site.admin_view(self.steer),
            name="events_bulkoperation_steer",
        )
        return [plan, steer, *super().get_urls()]

    def plan(self, request: HttpRequest, operation_id: uuid.UUID) -> HttpResponse:
        """Show how many events, bookings and how much money are concerned, and start on a yes."""
        operation = self._operation(request, operation_id)
        if operation.status != BulkOperation.Status.PLANNED:
            return self._to_order(operation_id)
        form = form_for(operation.action)(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._steered(request, operation_id, "start", parameters=form.cleaned_data)
        event_ids = list_planned_event_ids(operation_id=operation_id)
        items = list_bulk_items(operation_id=operation_id).select_related("event__organizer")[:SHOWN_IN_PLAN]
        context = {
            **self.admin_site.each_context(request),
            "title": operation.get_action_display(),
            "operation": operation,
            "events": len(event_ids),
            "items": items,
            "more": max(0, len(event_ids) - SHOWN_IN_PLAN),
            "stakes": bookings().stakes_of(event_ids=event_ids),
            "refunds": operation.action == BulkOperation.Action.CANCEL,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/events/plan.html", context)

    def steer(self, request: HttpRequest, operation_id: uuid.UUID, step: str) -> HttpResponse:
        """Stop an order, or let it go on."""
        self._operation(request, operation_id)
        if request.method != "POST" or step not in ("stop", "resume"):
            return self._to_order(operation_id)
        return self._steered(request, operation_id, step)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show how far an order is, and what became of each event."""
        operation = self._operation(request, uuid.UUID(object_id))
        items = list_bulk_items(operation_id=operation.id).order_by("-status", "position")
        context = {
            **self.admin_site.each_context(request),
            "title": operation.get_action_display(),
            "operation": operation,
            "progress": progress_of(operation_id=operation.id),
            "items": items[:SHOWN_IN_ORDER],
            "runs": operation.status == BulkOperation.Status.RUNNING,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/events/order.html", context)

    def _operation(self, request: HttpRequest, operation_id: uuid.UUID) -> BulkOperation:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self.get_queryset(request).get(pk=operation_id)

    def _steered(self, request: HttpRequest, operation_id: uuid.UUID, step: str, **more: Any) -> HttpResponse:
        try:
            with use_case():
                steer_bulk_operation(
                    actor=administrator_of(request), operation_id=operation_id, step=step, now=timezone.now(), **more
                )
        except Problem as problem:
            self.message_user(request, gettext(problem.title), messages.WARNING)
        return self._to_order(operation_id)

    def _to_order(self, operation_id: uuid.UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:events_bulkoperation_change", args=[operation_id]))
