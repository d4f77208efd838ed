"""Promo codes in the back office: read, find, switch off and on again with a reason."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin_steps import reasoned_step
from common.callers import caller_id
from common.read_only_admin import ReadOnlyAdmin
from events.models import PromoCode
from events.services.switch_promo_code import switch_promo_code


@admin.register(PromoCode)
class PromoCodeAdmin(ReadOnlyAdmin):
    """What a code takes off is the organizer's; staff may only switch it."""

    list_display = ["code", "event", "kind", "value", "used", "total_limit", "is_active", "closes_at", "created_at"]
    list_filter = ["is_active", "kind"]
    list_select_related = ["event"]
    search_fields = ["code", "event__title", "=event__id", "event__organizer__name"]
    ordering = ["-created_at", "-id"]
    list_per_page = 50
    actions_detail = ["switch_off_this", "switch_on_this"]

    def has_switch_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm("events.change_promocode")

    @action(description=_("Switch off"), permissions=["switch"])
    def switch_off_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._switch(request, object_id, title=str(_("Switch off")), is_active=False)

    @action(description=_("Switch on"), permissions=["switch"])
    def switch_on_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._switch(request, object_id, title=str(_("Switch on")), is_active=True)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer the one that changes something."""
        promo = self.get_object(request, object_id)
        step = "switch_off_this" if promo is not None and promo.is_active else "switch_on_this"
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if one.action_name.endswith(step)]

    def _switch(self, request: HttpRequest, object_id: str, *, title: str, is_active: bool) -> HttpResponse:
        promo = self.get_object(request, object_id)
        if promo is None:
            raise Http404
        return reasoned_step(
            request,
            model_admin=self,
            title=title,
            subject=f"{promo.code}, {promo.event.title}",
            back=reverse("admin:events_promocode_change", args=[promo.pk]),
            act=partial(_switched, caller_id(request), promo.pk, is_active),
        )


def _switched(administrator_id: UUID, promo_code_id: UUID, is_active: bool, reason: str) -> None:  # noqa: FBT001
    switch_promo_code(
        administrator_id=administrator_id, promo_code_id=promo_code_id, is_active=is_active, reason=reason
    )
