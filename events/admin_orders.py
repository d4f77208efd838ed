"""Steps for many events in the back office: what hangs on them first, then an order with its progress."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from accounts.second_factor import is_fresh
from common.problems import Problem
from common.transactions import use_case
from events.admin_actors import administrator_of, may_moderate
from events.models import BulkOperation, Event
from events.ports import bookings
from events.selectors.bulk import (
    count_out_of_reach,
    find_bulk_operation,
    list_bulk_items,
    list_planned_event_ids,
    progress_of,
)
from events.services.order_bulk_operation import order_bulk_operation
from events.services.steer_bulk_operation import steer_bulk_operation, wake_workers

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
    """Write down what is wanted, without doing it, and lead to what hangs on it; one that nobody starts is forgotten."""
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


def take_step(request: HttpRequest, action: str, event: Event) -> HttpResponse:
    """Show what hangs on a step with one event; nothing is written until it is sent with all that it needs."""
    if not is_fresh(request, timezone.now()):
        return _to_fresh_code(request)
    form = form_for(action)(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return plan_page(request, action, event_ids=[event.pk], events=[event], form=form)
    operation_id = uuid.uuid4()
    with use_case():
        order_bulk_operation(
            actor=administrator_of(request),
            operation_id=operation_id,
            action=action,
            event_ids=[event.pk],
            parameters=form.cleaned_data,
            now=timezone.now(),
        )
        wake_workers(operation_id=operation_id)
    return _to_order(operation_id)


def plan_page(
    request: HttpRequest, action: str, *, event_ids: Sequence[uuid.UUID], events: Sequence[Event], form: forms.Form
) -> HttpResponse:
    """Show how many events, bookings and how much money are concerned; `events` are the first of them."""
    context = {
        **admin.site.each_context(request),
        "title": BulkOperation.Action(action).label,
        "count": len(event_ids),
        "events": events,
        "more": len(event_ids) - len(events),
        "stakes": bookings().stakes_of(event_ids=event_ids),
        "out_of_reach": count_out_of_reach(event_ids=event_ids, action=action),
        "refunds": action == BulkOperation.Action.CANCEL,
        "form": form,
        "opts": BulkOperation._meta,
    }
    return TemplateResponse(request, "admin/events/plan.html", context)


def _id_in(address: str) -> uuid.UUID:
    """Return the id that stands in a page's address."""
    try:
        return uuid.UUID(address)
    except ValueError as error:
        raise Http404 from error


def _to_fresh_code(request: HttpRequest) -> HttpResponse:
    """Ask for a fresh code first: a step with events may send back all that was paid for them."""
    return redirect(f"{reverse('accounts_step_up')}?{urlencode({'next': request.path})}")


def _to_order(operation_id: uuid.UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:events_bulkoperation_change", args=[operation_id]))


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
        return may_moderate(request)

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
            return _to_order(operation_id)
        if not is_fresh(request, timezone.now()):
            return _to_fresh_code(request)
        form = form_for(operation.action)(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._steered(request, operation_id, "start", parameters=form.cleaned_data)
        event_ids = list_planned_event_ids(operation_id=operation_id)
        items = list_bulk_items(operation_id=operation_id).select_related("event__organizer")[:SHOWN_IN_PLAN]
        events = [item.event for item in items]
        return plan_page(request, operation.action, event_ids=event_ids, events=events, form=form)

    def steer(self, request: HttpRequest, operation_id: uuid.UUID, step: str) -> HttpResponse:
        """Stop an order, or let it go on."""
        self._operation(request, operation_id)
        if request.method != "POST" or step not in ("stop", "resume"):
            return _to_order(operation_id)
        return self._steered(request, operation_id, step)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show how far an order is, and what became of each event."""
        operation = self._operation(request, _id_in(object_id))
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
        operation = find_bulk_operation(operation_id=operation_id)
        if operation is None:
            raise Http404
        # What an administrator has planned, moderators neither see nor start.
        if operation.user_id != request.user.pk and not administrator_of(request).administers:
            raise PermissionDenied
        return operation

    def _steered(self, request: HttpRequest, operation_id: uuid.UUID, step: str, **more: Any) -> HttpResponse:
        try:
            with use_case():
                steer_bulk_operation(
                    actor=administrator_of(request), operation_id=operation_id, step=step, now=timezone.now(), **more
                )
        except Problem as problem:
            self.message_user(request, gettext(problem.title), messages.WARNING)
        return _to_order(operation_id)
