"""Pages about what a shop sends: all that came, and what would come of a body that was not sent yet."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from common.callers import caller_id
from common.transactions import use_case
from loyalty import selectors, shop_selectors
from loyalty.models import Project, WebhookDelivery
from loyalty.pages.forms import SimulationForm
from loyalty.pages.portions import portion_of
from loyalty.services.simulate_webhook import Simulation, simulate_webhook

AT_ONCE = 20


@login_required
@require_safe
def webhooks(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Webhooks of a status, or of an order, with what was understood."""
    scope: Any = {"user_id": caller_id(request), "project_id": project_id}
    status = request.GET.get("status", "")
    status = status if status in WebhookDelivery.Status.values else ""
    order_id = request.GET.get("order", "").replace("\x00", "")[:120]
    found = shop_selectors.search_deliveries(**scope, status=status, order_id=order_id)
    portion = portion_of(found, asked=request.GET.get("page"), size=AT_ONCE)
    context = {
        "project": selectors.get_project(**scope),
        "statuses": WebhookDelivery.Status.choices,
        "status": status,
        "order_id": order_id,
        "portion": portion,
        "deliveries": [(one, shop_selectors.payload_shown(one)) for one in portion.rows],
    }
    return render(request, "loyalty/webhooks.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def try_out(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """What a webhook would come to by today's rules; nothing is written."""
    project = selectors.get_project(user_id=caller_id(request), project_id=project_id)
    form = SimulationForm(request.POST or None)
    found = None
    if form.is_valid():
        found = form.carry_out(lambda: _simulate(project, form))
    return render(request, "loyalty/try_out.html", {"project": project, "form": form, "found": found})


def _simulate(project: Project, form: SimulationForm) -> Simulation:
    given = form.cleaned_data
    with use_case():
        return simulate_webhook(
            project=project,
            body=given["body"].encode(errors="replace"),
            content_type=given["content_type"],
            now=timezone.now(),
        )
