"""Parked facts: read, find, give again."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bus.models import Delivery
from bus.services.replay_delivery import replay_deliveries
from common.read_only_admin import ReadOnlyAdmin
from common.transactions import use_case


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["handler", "key", "status", "attempts", "created_at", "next_attempt_at", "last_error"]
    list_filter = ["status", "handler"]
    title_fields = ("handler", "created_at")
    search_fields = ["=key", "=fact_id"]
    ordering = ["-id"]
    actions = ["replay"]

    @admin.action(description=_("Give the parked facts to their handlers again"), permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        with use_case():
            count = replay_deliveries(deliveries=queryset)
        self.message_user(
            request, ngettext("%d fact will be handled again.", "%d facts will be handled again.", count) % count
        )

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bus.change_delivery")
