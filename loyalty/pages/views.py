"""The shop's pages: its programme, what came from the shop, and its customers."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from common.callers import caller_id
from common.transactions import use_case
from loyalty import report_selectors, selectors, shop_selectors
from loyalty.pages.forms import ProjectForm
from loyalty.report_words import shown
from loyalty.services.create_project import create_project

LATEST = 10
REPORTED_DAYS = 30


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def shops(request: HttpRequest) -> HttpResponse:
    """My programmes, and a new one: its secrets are shown in this answer only."""
    form = ProjectForm(request.POST or None)
    opened = None
    if form.is_valid():
        with use_case():
            opened = create_project(owner_id=caller_id(request), **form.cleaned_data)
        form = ProjectForm()
    context = {
        "projects": selectors.list_projects(user_id=caller_id(request)).order_by("-created_at", "-id"),
        "form": form,
        "opened": opened,
        "webhook_url": f"{settings.PUBLIC_URL}/api/webhook/{opened.webhook_secret}" if opened else "",
    }
    return render(request, "loyalty/shops.html", context, status=201 if opened else 200)


@login_required
@require_safe
def shop(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """One programme: where webhooks go, the latest of them with what was understood, the newest customers."""
    scope: Any = {"user_id": caller_id(request), "project_id": project_id}
    project = selectors.get_project(**scope)
    context = {
        "project": project,
        "webhook_address": f"{settings.PUBLIC_URL}/api/webhook/",
        "secrets": selectors.list_webhook_secrets(project=project),
        "deliveries": [
            (one, shop_selectors.payload_shown(one)) for one in shop_selectors.search_deliveries(**scope)[:LATEST]
        ],
        **shown(report_selectors.get_report(**scope, days=REPORTED_DAYS, now=timezone.now())),
        "customers": shop_selectors.search_customers(**scope, text="")[:LATEST],
    }
    return render(request, "loyalty/shop.html", context)
