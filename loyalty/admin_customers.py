"""Customers in the back office: their points, where these are from, and what happened to them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from common.read_only_admin import ReadOnlyAdmin
from loyalty.customer_selectors import list_lots_of, list_movements_of, standings_of
from loyalty.models import Customer
from loyalty.report_words import explained

SHOWN = 50


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "project", "phone", "name", "created_at"]
    list_filter = [("project", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["project"]
    search_fields = ["=email", "=phone", "=id"]
    ordering = ["-created_at", "-id"]
    fields = [
        *("id", "project", "email", "phone", "name", "birth_on", "user", "level", "level_until"),
        *("referral_code", "invited_by", "referral_rewarded_at", "became", "created_at"),
    ]
    change_form_after_template = "admin/loyalty/customer.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "invited_by", "became"]

    @admin.display(description=_("invited by"))
    def invited_by(self, customer: Customer) -> str:
        return _linked(customer.referred_by)

    @admin.display(description=_("was merged into"))
    def became(self, customer: Customer) -> str:
        return _linked(customer.merged_into)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the points below the customer."""
        customer = self.get_object(request, object_id) if object_id else None
        shown = self._points_of(customer) if customer else {}
        return super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))

    def _points_of(self, customer: Customer) -> dict[str, Any]:
        movements = list(list_movements_of(customer=customer)[: SHOWN + 1])
        lots = list(list_lots_of(customer=customer)[: SHOWN + 1])
        return {
            "standing": standings_of(customer_ids=[customer.pk])[customer.pk],
            "lots": lots[:SHOWN],
            "more_lots": len(lots) > SHOWN,
            "movements": [(one, explained(one)) for one in movements[:SHOWN]],
            "more_movements": len(movements) > SHOWN,
            "of_customer": f"?customer__id__exact={customer.pk}",
        }


def _linked(customer: Customer | None) -> str:
    if customer is None:
        return "—"
    where = reverse("admin:loyalty_customer_change", args=[customer.pk])
    return format_html('<a href="{}">{}</a>', where, str(customer) or customer.name or customer.pk)
