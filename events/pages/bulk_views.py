"""The same step for several of one's own events: what it means for each, then what became of each."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from common.callers import caller_id
from common.transactions import use_case
from events.actors import Actor
from events.models import Event
from events.models.lifecycle import EDITABLE, actions_from
from events.pages.actors import actor_of
from events.pages.bulk_forms import FORMS, MOST_AT_ONCE, BulkForm, made_as
from events.pages.presentation import url_of
from events.pages.refusals import carried_out
from events.pages.steps import edit_address
from events.ports import bookings
from events.selectors.bulk import (
    find_bulk_operation,
    get_bulk_operation,
    list_bulk_items,
    list_following,
    progress_of,
)
from events.selectors.events import get_managed_event, list_managed_events
from events.services.change_prices import changed_price
from events.services.order_bulk_operation import order_bulk_operation
from events.services.run_bulk_operation import run_bulk_operation
from events.services.steer_bulk_operation import steer_bulk_operation, wake_workers


@method_decorator(never_cache, name="dispatch")
class BulkView(LoginRequiredMixin, View):
    """GET tells what the step means, POST takes it; `look` only works new prices out."""

    def get(self, request: HttpRequest) -> HttpResponse:
        action, events = _asked(request, request.GET)
        if not 0 < len(events) <= MOST_AT_ONCE and "following" not in request.GET:
            messages.error(request, _("Choose from 1 to %(most)d events.") % {"most": MOST_AT_ONCE})
            return redirect("own-events")
        form = FORMS[action](initial={"made_as": made_as(user_id=caller_id(request))}, label_suffix="")
        return _ask(request, action, events, form)

    def post(self, request: HttpRequest) -> HttpResponse:
        action, events = _asked(request, request.POST)
        form = FORMS[action](request.POST, label_suffix="")
        is_small = len(events) <= MOST_AT_ONCE
        if not form.is_valid() or "look" in request.POST:
            return _ask(request, action, events, form)
        if not events or (not is_small and "following" not in request.POST):
            raise Http404
        operation_id = form.operation_id(user_id=caller_id(request))
        if find_bulk_operation(operation_id=operation_id) is None:
            # Given by two requests at once, it is one order: the second is refused, and follows the first.
            carried_out(form, lambda: _order(actor_of(request), operation_id, action, events, form))
        if is_small:
            run_bulk_operation(operation_id=operation_id, clock=timezone.now)
        return redirect("events-bulk-result", operation_id=operation_id)


@method_decorator(never_cache, name="dispatch")
class BulkResultView(LoginRequiredMixin, View):
    """What became of each event of an order; a long one is stopped here, and goes on."""

    def get(self, request: HttpRequest, operation_id: uuid.UUID) -> HttpResponse:
        operation = get_bulk_operation(actor=actor_of(request), operation_id=operation_id)
        items = list(list_bulk_items(operation_id=operation_id))
        return render(
            request,
            "events/bulk_result.html",
            {
                "operation": operation,
                "progress": progress_of(operation_id=operation_id),
                "rows": [{"item": one, "event": one.event, "url": url_of(one.event)} for one in items],
            },
        )

    def post(self, request: HttpRequest, operation_id: uuid.UUID) -> HttpResponse:
        step = request.POST.get("step", "")
        if step not in ("stop", "resume"):
            raise Http404
        with use_case():
            steer_bulk_operation(actor=actor_of(request), operation_id=operation_id, step=step, now=timezone.now())
        return redirect("events-bulk-result", operation_id=operation_id)


def _asked(request: HttpRequest, query: QueryDict) -> tuple[str, list[Event]]:
    """Return the step and the events that are named, one by one or as the rest of a series.

    Raises:
        NotFound, NotAllowed: they aren't the reader's to manage.
    """
    action, actor = query.get("action", ""), actor_of(request)
    if action not in FORMS:
        raise Http404
    if "following" in query:
        [event_id] = _ids([query.get("following", "")])
        event_ids = list_following(event=get_managed_event(actor=actor, event_id=event_id))
    else:
        # One more than is taken, so that too many are noticed.
        event_ids = _ids(query.getlist("event")[: MOST_AT_ONCE + 1])
    return action, list_managed_events(actor=actor, event_ids=event_ids)


def _ids(written: Iterable[str]) -> list[uuid.UUID]:
    """Return the ids among the words, each once.

    Raises:
        Http404: one of them is none.
    """
    try:
        return list(dict.fromkeys(uuid.UUID(one) for one in written))
    except ValueError as error:
        raise Http404 from error


def _order(actor: Actor, operation_id: uuid.UUID, action: str, events: list[Event], form: BulkForm) -> None:
    order_bulk_operation(
        actor=actor,
        operation_id=operation_id,
        action=action,
        event_ids=[event.id for event in events],
        parameters=form.parameters(),
        now=timezone.now(),
    )
    if len(events) > MOST_AT_ONCE:
        wake_workers(operation_id=operation_id)


def _ask(request: HttpRequest, action: str, events: list[Event], form: BulkForm) -> HttpResponse:
    percent = form.cleaned_data.get("percent") if form.is_bound and action == "change_prices" else None
    shown = {
        "action": action,
        "following": request.GET.get("following") or request.POST.get("following"),
        "rows": [_row(event, action, percent) for event in events],
        "stakes": bookings().stakes_of(event_ids=[event.id for event in events]) if action == "cancel" else None,
        "form": form,
    }
    return render(request, "events/bulk.html", shown, status=400 if form.errors else 200)


def _row(event: Event, action: str, percent: int | None) -> dict[str, Any]:
    is_possible = event.status in EDITABLE if action == "change_prices" else action in actions_from(event.status)
    prices = [
        (one, one.price, changed_price(one.price, percent) if percent is not None and is_possible else None)
        for one in event.ticket_types.all()
    ]
    url = edit_address(event) if event.status in EDITABLE else url_of(event)
    return {"event": event, "url": url, "is_possible": is_possible, "prices": prices}
