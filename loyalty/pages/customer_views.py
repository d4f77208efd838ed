"""Pages about a shop's customers: who they are, and what happened to their points and why."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.callers import caller_id
from loyalty import selectors, shop_selectors
from loyalty.pages.portions import portion_of

AT_ONCE = 25


@login_required
@require_safe
def customers(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Customers, found by e-mail, phone or name."""
    scope: Any = {"user_id": caller_id(request), "project_id": project_id}
    text = request.GET.get("q", "")
    found = shop_selectors.search_customers(**scope, text=text)
    context = {
        "project": selectors.get_project(**scope),
        "text": text,
        "portion": portion_of(found, asked=request.GET.get("page"), size=AT_ONCE),
    }
    return render(request, "loyalty/customers.html", context)


@login_required
@require_safe
def customer(request: HttpRequest, project_id: UUID, customer_id: UUID) -> HttpResponse:
    """One customer: the points, and each movement with its reason."""
    scope: Any = {"user_id": caller_id(request), "project_id": project_id}
    one = shop_selectors.get_customer(**scope, customer_id=customer_id)
    movements = shop_selectors.list_movements(**scope, customer_id=customer_id)
    context = {
        "project": selectors.get_project(**scope),
        "customer": one,
        "balances": selectors.get_balances(customer_id=customer_id),
        "portion": portion_of(movements, asked=request.GET.get("page"), size=AT_ONCE),
    }
    return render(request, "loyalty/customer.html", context)
