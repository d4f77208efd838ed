"""Promo codes of an event, for its organizer: all of them, one more, many at once, and the terms of one."""

import csv
import hashlib
import io
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View
from django.views.decorators.cache import never_cache

from common.api.idempotency import store_answer, stored_answer
from common.callers import caller_id
from common.downloads import as_download
from common.ids import new_id
from events.models import Event
from events.pages.actors import actor_of
from events.pages.fields import shown
from events.pages.promo_code_forms import TIMES, PromoBatchForm, PromoCodeForm, PromoTermsForm
from events.pages.promo_code_rows import promo_row, state_of, takes_off
from events.pages.refusals import carried_out
from events.pages.workplace import managed_event, show_work
from events.selectors.promo_codes import get_promo_code, list_promo_codes
from events.services.add_promo_codes import add_promo_code, generate_promo_codes
from events.services.change_promo_code import change_promo_code

PER_PAGE = 50
TAB = "event-promo-codes"
TERMS = ("total_limit", "per_user_limit", *TIMES)
COLUMNS = ("code", "takes_off", "used", "total_limit", "per_user_limit", "counts_from", "counts_until", "state")


@method_decorator(never_cache, name="dispatch")
class PromoCodesView(LoginRequiredMixin, View):
    """The codes, newest first, and the forms of new ones."""

    def get(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        return _list(request, managed_event(request, event_id))

    def post(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        event = managed_event(request, event_id)
        if "many" in request.POST:
            return self._make_many(request, event)
        return self._make_one(request, event)

    def _make_one(self, request: HttpRequest, event: Event) -> HttpResponse:
        form = PromoCodeForm(request.POST, event=event, prefix="one")
        if form.is_valid():
            actor, columns = actor_of(request), form.columns()
            made = carried_out(form, lambda: add_promo_code(actor=actor, event_id=event.id, fields=columns))
            if made is not None:
                messages.success(request, _("The code %(code)s is made.") % {"code": made.code})
                return redirect(TAB, event_id=event.id)
        return _list(request, event, one=form)

    def _make_many(self, request: HttpRequest, event: Event) -> HttpResponse:
        form = PromoBatchForm(request.POST, event=event, prefix="many")
        if form.is_valid():
            made = carried_out(form, lambda: _made_once(request, event, form.columns()))
            if made is not None:
                told = ngettext("%(count)d code is made.", "%(count)d codes are made.", made) % {"count": made}
                messages.success(request, told)
                return redirect(TAB, event_id=event.id)
        return _list(request, event, many=form)


@method_decorator(never_cache, name="dispatch")
class PromoCodeView(LoginRequiredMixin, View):
    """One code: what it takes off stays, how long and how often it counts may change."""

    def get(self, request: HttpRequest, event_id: uuid.UUID, promo_code_id: uuid.UUID) -> HttpResponse:
        event = managed_event(request, event_id)
        promo = get_promo_code(actor=actor_of(request), event_id=event_id, promo_code_id=promo_code_id)
        times = {name: shown(getattr(promo, name), event.time_zone) for name in TIMES}
        initial = {name: getattr(promo, name) for name in TERMS} | times
        return self._show(request, event, promo, PromoTermsForm(initial=initial, event=event, before=promo))

    def post(self, request: HttpRequest, event_id: uuid.UUID, promo_code_id: uuid.UUID) -> HttpResponse:
        """Write the terms; `switch` alone turns the code off or on."""
        event, actor = managed_event(request, event_id), actor_of(request)
        promo = get_promo_code(actor=actor, event_id=event_id, promo_code_id=promo_code_id)
        form = PromoTermsForm(request.POST, event=event, before=promo)
        fields: dict[str, Any] = {"is_active": request.POST["switch"] == "on"} if "switch" in request.POST else {}
        if not fields and form.is_valid():
            fields = form.cleaned_data
        if not fields:
            return self._show(request, event, promo, form)
        changed = carried_out(
            form,
            lambda: change_promo_code(actor=actor, event_id=event_id, promo_code_id=promo_code_id, fields=fields),
        )
        if changed is None:
            return self._show(request, event, promo, form)
        messages.success(request, _("The code %(code)s is changed.") % {"code": promo.code})
        return redirect(TAB, event_id=event_id)

    def _show(self, request: HttpRequest, event: Event, promo: Any, form: PromoTermsForm) -> HttpResponse:
        row = _row(event, promo)
        status = 400 if form.errors else 200
        return show_work(request, "promo_code", event, tab=TAB, status=status, row=row, form=form)


@method_decorator(never_cache, name="dispatch")
class PromoCodesFileView(LoginRequiredMixin, View):
    """All codes as a table for a spreadsheet."""

    def get(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        event, now = managed_event(request, event_id), timezone.now()
        table = io.StringIO()
        rows = csv.writer(table)
        rows.writerow(COLUMNS)
        for promo in list_promo_codes(actor=actor_of(request), event_id=event_id):
            window = [shown(getattr(promo, name), event.time_zone) for name in TIMES]
            limits = [promo.used, promo.total_limit, promo.per_user_limit]
            rows.writerow([promo.code, takes_off(promo, event.currency), *limits, *window, state_of(promo, now)[1]])
        # Spreadsheets take a file for UTF-8 by its mark.
        return as_download(table.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", "promo-codes.csv")


def _made_once(request: HttpRequest, event: Event, columns: dict[str, Any]) -> int:
    """Return how many codes the form has made, now or when it was sent before."""
    user_id, key, count = caller_id(request), f"promo-codes/{columns.pop('made_as')}", int(columns.pop("count"))
    fingerprint = hashlib.sha256(f"{event.id}/{count}".encode()).digest()
    if stored_answer(user_id=user_id, key=key, fingerprint=fingerprint) is None:
        prefix = columns.pop("beginning")
        generate_promo_codes(actor=actor_of(request), event_id=event.id, prefix=prefix, count=count, fields=columns)
        store_answer(user_id=user_id, key=key, fingerprint=fingerprint, response=HttpResponse())
    return count


def _list(
    request: HttpRequest, event: Event, *, one: PromoCodeForm | None = None, many: PromoBatchForm | None = None
) -> HttpResponse:
    sought = request.GET.get("q", "").strip()[:40]
    codes = list_promo_codes(actor=actor_of(request), event_id=event.id, containing=sought)
    page = Paginator(codes, PER_PAGE).get_page(request.GET.get("page"))
    new = {"made_as": str(new_id())}
    return show_work(
        request,
        "promo_codes",
        event,
        tab=TAB,
        status=400 if one or many else 200,
        rows=[_row(event, promo) for promo in page],
        page=page,
        sought=sought,
        sought_in_address=f"&{urlencode({'q': sought})}" if sought else "",
        one=one or PromoCodeForm(event=event, prefix="one", initial={"per_user_limit": 1}),
        many=many or PromoBatchForm(event=event, prefix="many", initial=new | {"total_limit": 1}),
    )


def _row(event: Event, promo: Any) -> dict[str, Any]:
    names = {one.id: one.name for one in event.ticket_types.all()}
    return promo_row(promo, event=event, types=names, now=timezone.now())
