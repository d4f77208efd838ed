"""Webhooks in the back office: what came, what it came to, and the ways to have it done again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from common.callers import caller_id
from common.read_only_admin import ReadOnlyAdmin
from common.transactions import use_case
from loyalty.admin_choices import MOST_IN_LIST, ask_for_code, chosen_in, to_page
from loyalty.models import WebhookDelivery
from loyalty.models.webhook_delivery import WebhookDeliveryQuerySet, length_of_body
from loyalty.rehearsal_words import entries_shown, tried_out
from loyalty.services import release_duplicates as releasing
from loyalty.services import replay_deliveries as replaying
from loyalty.services.rehearse_deliveries import rehearse_deliveries
from loyalty.services.simulate_webhook import compare_delivery
from loyalty.shop_selectors import payload_of
from loyalty.templatetags.explanations import as_json
from loyalty.templatetags.outcome_words import outcome

COMPARED = 20
# Of orders that would get something else today so many are named: a browser keeps no more banners.
DIFFERENCES_SHOWN = 10
# So many are tried out for the page, and of long bodies fewer: about three batches of a thousand records.
TRIED_OUT = releasing.MOST_AT_ONCE
MOST_BYTES = 256 * 1024


@dataclass(frozen=True)
class Way:
    """A way to have webhooks done again: its title, which it is for, what does it, and how many at once.

    What gives points a second time is done only to what the page has shown.
    """

    title: Any
    suited: Callable[[WebhookDeliveryQuerySet], WebhookDeliveryQuerySet]
    do: Callable[..., int]
    most: int
    only_what_was_shown: bool = False


WAYS: dict[str, Way] = {
    "replay": Way(
        _("Process again"), WebhookDeliveryQuerySet.failed, replaying.replay_deliveries, replaying.MOST_AT_ONCE
    ),
    "release": Way(
        _("Release as new"),
        WebhookDeliveryQuerySet.held_as_known,
        releasing.release_duplicates,
        releasing.MOST_AT_ONCE,
        only_what_was_shown=True,
    ),
}


class SeenForm(forms.Form):
    """When the page was made, since what came to its end later is on nobody's page; and what it has shown."""

    seen_at = forms.DateTimeField()
    shown = forms.CharField(required=False)

    def clean_shown(self) -> list[UUID]:
        try:
            return [UUID(one) for one in self.cleaned_data["shown"].split()]
        except ValueError as error:
            raise forms.ValidationError(_("The page is not valid any more.")) from error


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "project", "format", "action", "status", "attempts", "signed_with", "last_error"]
    list_filter = ["status", "format", "action"]
    list_select_related = ["project"]
    list_max_show_all = MOST_IN_LIST
    title_fields = ("project", "received_at")
    search_fields = ["=id", "=webhook_id", "=claim"]
    ordering = ["-received_at", "-id"]
    fields = [
        *("id", "project", "received_at", "format", "action", "status", "last_error", "payload", "sent_headers"),
        *("outcome_told", "answer_told", "signed_with", "webhook_id", "claim", "order_amount", "order_paid"),
        *("attempts", "next_attempt_at", "lease_expires_at", "finished_at"),
    ]
    actions = ["replay", "release", "compare"]
    actions_detail = ["replay_this", "release_this"]

    def has_run_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm("loyalty.change_webhookdelivery")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        return super().get_queryset(request).defer("body")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        told = ["payload", "sent_headers", "outcome_told", "answer_told"]
        return [*super().get_readonly_fields(request, obj), *told]

    @admin.display(description=_("What came"))
    def payload(self, delivery: WebhookDelivery) -> str:
        return _as_it_stands(payload_of(delivery_id=delivery.pk))

    @admin.display(description=_("Headers that were kept"))
    def sent_headers(self, delivery: WebhookDelivery) -> str:
        return _as_it_stands("\n".join(f"{name}: {value}" for name, value in sorted(delivery.headers.items())))

    @admin.display(description=_("What it came to"))
    def outcome_told(self, delivery: WebhookDelivery) -> str:
        return _as_it_stands(as_json(delivery.result) if delivery.result else "")

    @admin.display(description=_("What the sender was told"))
    def answer_told(self, delivery: WebhookDelivery) -> str:
        return _as_it_stands(as_json(delivery.answer) if delivery.answer else "")

    def get_urls(self) -> list[Any]:
        again = [
            path(f"{name}/", self.admin_site.admin_view(partial(self.again, name=name)), name=_page(name))
            for name in WAYS
        ]
        return [*again, *super().get_urls()]

    @admin.action(description=_("Process again: given up and conflicts"), permissions=["run"])
    def replay(self, request: HttpRequest, queryset: WebhookDeliveryQuerySet) -> HttpResponse:
        return to_page(request, queryset, f"admin:{_page('replay')}")

    @admin.action(description=_("Release as new: duplicates"), permissions=["run"])
    def release(self, request: HttpRequest, queryset: WebhookDeliveryQuerySet) -> HttpResponse:
        return to_page(request, queryset, f"admin:{_page('release')}")

    @action(description=_("Process again"), permissions=["run"])
    def replay_this(self, _request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_page_of(object_id, "replay")

    @action(description=_("Release as new"), permissions=["run"])
    def release_this(self, _request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_page_of(object_id, "release")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer the way that can do something for the webhook as it is."""
        this = WebhookDelivery.objects.filter(pk=object_id)
        fitting = [name for name, way in WAYS.items() if way.suited(this).exists()]
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if any(one.action_name.endswith(f"_{name}_this") for name in fitting)]

    @admin.action(description=_("Compare with today's rules"), permissions=["view"])
    def compare(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        """Tell, for up to twenty webhooks, what their orders got and would get now; nothing is written."""
        compared: list[dict[str, str]] = []
        unheard = []
        for delivery in queryset.defer(None).select_related("project")[:COMPARED]:
            with use_case():
                rows = compare_delivery(delivery=delivery)
            compared += rows
            if not rows:
                unheard.append(delivery)
        if compared:
            self._tell_difference(request, compared)
        self._tell_what_would_come(request, unheard)
        if queryset.count() > COMPARED:
            self.message_user(request, gettext("The first %d webhooks were compared.") % COMPARED, messages.WARNING)

    def _tell_difference(self, request: HttpRequest, compared: list[dict[str, str]]) -> None:
        """Say what all orders got and would get in sum, then the first of those that would get something else."""
        other = [one for one in compared if one["got"] != one["today"]]
        total = {
            "orders": len(compared),
            "got": sum(Decimal(one["got"]) for one in compared),
            "today": sum(Decimal(one["today"]) for one in compared),
            "other": len(other),
        }
        self.message_user(
            request, gettext("Orders: %(orders)s; got %(got)s, today %(today)s; otherwise than then: %(other)s") % total
        )
        for one in other[:DIFFERENCES_SHOWN]:
            self.message_user(request, gettext("%(order)s: got %(got)s, today %(today)s") % one)

    def _tell_what_would_come(self, request: HttpRequest, deliveries: list[WebhookDelivery]) -> None:
        """Say of webhooks that brought no order what they would bring now."""
        with use_case():
            rehearsal = rehearse_deliveries(deliveries=deliveries, now=timezone.now())
        for one in tried_out(deliveries, rehearsal):
            parts = [
                " ".join(filter(None, (outcome(x.outcome), x.why and gettext(x.why), x.points))) for x in one.lines
            ]
            told = {
                "webhook": one.delivery,
                "status": one.delivery.get_status_display(),
                "today": "; ".join(parts) or gettext("nothing"),
            }
            self.message_user(request, gettext("%(webhook)s (%(status)s): today %(today)s") % told)

    def again(self, request: HttpRequest, *, name: str) -> HttpResponse:
        """Show what would come of the chosen webhooks; on a yes give them to the workers."""
        if not self.has_run_permission(request):
            raise PermissionDenied
        if asking := ask_for_code(request):
            return asking
        way, chosen = WAYS[name], chosen_in(request, self)
        form = SeenForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._done(request, way, chosen, **form.cleaned_data)
        other = "release" if name == "replay" else "replay"
        for_other = WAYS[other].suited(chosen).count()
        planned = _planned(way, chosen, timezone.now())
        context = {
            **self.admin_site.each_context(request),
            **planned,
            "title": way.title,
            "name": name,
            "for_other": for_other,
            "other": f"{reverse(f'admin:{_page(other)}')}?{request.GET.urlencode()}",
            "nothing_for": chosen.count() - planned["count"] - for_other,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/loyalty/again.html", context)

    def _done(
        self, request: HttpRequest, way: Way, chosen: WebhookDeliveryQuerySet, *, seen_at: datetime, shown: list[UUID]
    ) -> HttpResponse:
        chosen = chosen.filter(finished_at__lte=seen_at)
        if way.only_what_was_shown:
            chosen = chosen.filter(pk__in=shown)
        with use_case():
            count = way.do(deliveries=chosen, actor_id=caller_id(request), now=timezone.now())
        text = ngettext("%d webhook will be processed again.", "%d webhooks will be processed again.", count)
        self.message_user(request, text % count, messages.SUCCESS if count else messages.WARNING)
        return HttpResponseRedirect(reverse("admin:loyalty_webhookdelivery_changelist"))


def _as_it_stands(text: str) -> str:
    """Show somebody else's text letter by letter."""
    if not text:
        return "—"
    return format_html('<pre class="plain-text">{}</pre>', text)


def _page(name: str) -> str:
    return f"loyalty_webhookdelivery_{name}"


def _to_page_of(object_id: str, name: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse(f'admin:{_page(name)}')}?id__in={object_id}")


def _planned(way: Way, chosen: WebhookDeliveryQuerySet, now: datetime) -> dict[str, Any]:
    """Return how many would be done again, and what would come of the first of them."""
    suited = way.suited(chosen)
    counts = dict(suited.order_by().values_list("status").annotate(Count("pk")))
    tried = _first_of(suited)
    with use_case():
        rehearsal = rehearse_deliveries(deliveries=tried, now=now)
    count = sum(counts.values())
    takes = len(tried) if way.only_what_was_shown else min(count, way.most)
    return {
        "count": count,
        "counts": [(WebhookDelivery.Status(status).label, number) for status, number in sorted(counts.items())],
        "takes": takes,
        "tried": tried_out(tried, rehearsal),
        "untried": takes - len(tried),
        "entries": entries_shown(rehearsal),
        "seen_at": now,
    }


def _first_of(suited: WebhookDeliveryQuerySet) -> list[WebhookDelivery]:
    """Return the first of them with their bodies, in the order in which workers would take them; at least one."""
    ids: list[UUID] = []
    weight = 0
    for pk, size in suited.order_by("pk").values_list("pk", length_of_body())[:TRIED_OUT]:
        weight += size
        if ids and weight > MOST_BYTES:
            break
        ids.append(pk)
    return list(WebhookDelivery.objects.filter(pk__in=ids).order_by("pk"))
