"""Bookings and their money for administrators: read, find, start again what waits for a person."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from bookings import admin_settlement, admin_unfinished
from bookings.admin_money import money_column
from bookings.admin_tools import TOOLS, tools_for, use_tool
from bookings.documents.wording import money_text
from bookings.models import (
    Booking,
    BookingItem,
    CancellationFailure,
    EventAttendance,
    EventCancellation,
    Payment,
    ProviderAccount,
    ProviderWebhook,
    Refund,
    SeatDrift,
    Ticket,
)
from bookings.services.retry_payment_work import retry_refunds, retry_webhooks
from common.callers import caller_id
from common.read_only_admin import ReadOnlyAdmin, ReadOnlyInline
from common.transactions import use_case
from events.templatetags.event_words import refund_words

# Register their pages when they are imported.
__all__ = ["admin_settlement", "admin_unfinished"]


class ItemInline(ReadOnlyInline):
    model = BookingItem
    fields = ["name", "quantity", "price"]
    readonly_fields = ["price"]
    price = money_column("unit_price", _("unit price"))


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = ["provider", "provider_payment_id", "status", "sum", "returned", "failure", "settled_at"]
    readonly_fields = ["sum", "returned"]
    sum = money_column("amount", _("amount"))
    returned = money_column("refunded", _("refunded"))


class TicketInline(ReadOnlyInline):
    model = Ticket
    # The code opens the door: it is shown to its owner only.
    fields = ["id", "ticket_type", "holder_name", "checked_in_at", "checked_in_by", "gate", "voided_at"]
    readonly_fields = ["id"]


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin):
    list_display = ["event", "user", "status", "seats", "total", "hold_expires_at"]
    list_filter = ["status", "cancelled_by", "created_at"]
    list_select_related = ["user", "event"]
    search_fields = ["=id", "user__email", "event__title"]
    ordering = ["-created_at", "-id"]
    inlines = [ItemInline, PaymentInline, TicketInline]
    actions_detail = ["cancel_this", "refund_this", "confirm_this", "extend_this", "move_this", "capacity_this"]

    title_fields = ("user", "event")
    fields = [
        *("user", "event", "status", "origin", "seats", "total", "promo_code", "off", "points", "worth_of_points"),
        *("points_returned", "source", "is_offer", "refund_terms", "cancellable_hours_before", "hold_expires_at"),
        *("confirmed_at", "attended_at", "expired_at", "cancelled_at", "cancelled_by", "cancel_reason", "version"),
    ]
    readonly_fields = ["total", "off", "worth_of_points", "refund_terms"]
    off = money_column("discount", _("discount"))
    worth_of_points = money_column("points_worth", _("points worth"))

    @admin.display(description=_("total"), ordering="amount")
    def total(self, booking: Booking) -> str:
        return money_text(booking.total)

    @admin.display(description=_("refund policy"))
    def refund_terms(self, booking: Booking) -> str:
        return " ".join(refund_words(booking))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer the tools that can do something for the booking."""
        booking = self.get_object(request, object_id)
        fitting = tools_for(booking) if booking is not None else set()
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if any(one.action_name.endswith(f"_{name}_this") for name in fitting)]

    def get_urls(self) -> list[Any]:
        using = path(
            "<uuid:booking_id>/tools/<slug:name>/",
            self.admin_site.admin_view(partial(use_tool, model_admin=self)),
            name="bookings_booking_tool",
        )
        return [using, *super().get_urls()]

    @action(description=TOOLS["cancel"].title, permissions=["tool"])
    def cancel_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_tool(object_id, "cancel")

    @action(description=TOOLS["refund"].title, permissions=["tool"])
    def refund_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_tool(object_id, "refund")

    @action(description=TOOLS["confirm"].title, permissions=["tool"])
    def confirm_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_tool(object_id, "confirm")

    @action(description=TOOLS["extend"].title, permissions=["tool"])
    def extend_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_tool(object_id, "extend")

    @action(description=TOOLS["move"].title, permissions=["tool"])
    def move_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_tool(object_id, "move")

    @action(description=TOOLS["capacity"].title, permissions=["tool"])
    def capacity_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_tool(object_id, "capacity")

    def has_tool_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm("bookings.change_booking")


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ReadOnlyAdmin):
    """Without credentials: nobody sees them again."""

    list_display = ["organizer", "provider", "created_at", "closed_at"]
    list_filter = ["provider", ("closed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["organizer"]
    search_fields = ["organizer__name"]
    ordering = ["-created_at", "-id"]
    fields = ["organizer", "provider", "created_at", "closed_at"]


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "booking", "sum", "reason", "status", "attempts", "last_error"]
    list_filter = ["status", "reason"]
    title_fields = ("sum", "reason")
    sum = money_column("amount", _("amount"))
    list_select_related = ["payment"]
    search_fields = ["=id", "=payment__booking__id", "=payment__provider_payment_id"]
    ordering = ["-created_at", "-id"]
    actions = ["retry"]

    @admin.display(description=_("booking"))
    def booking(self, refund: Refund) -> str:
        return str(refund.payment.booking_id)

    @admin.action(description=_("Ask the provider again for refunds that failed"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        with use_case():
            count = retry_refunds(refunds=queryset, actor_id=caller_id(request), now=timezone.now())
        self.message_user(
            request, ngettext("%d refund will be tried again.", "%d refunds will be tried again.", count) % count
        )

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bookings.change_booking")


@admin.register(ProviderWebhook)
class ProviderWebhookAdmin(ReadOnlyAdmin):
    list_display = ["notice_id", "provider", "status", "attempts", "last_error", "received_at", "applied_at"]
    list_filter = ["status", "provider"]
    search_fields = ["=notice_id"]
    ordering = ["-received_at", "-id"]
    actions = ["retry"]

    @admin.action(description=_("Apply parked notices again"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[ProviderWebhook]) -> None:
        with use_case():
            count = retry_webhooks(webhooks=queryset, actor_id=caller_id(request), now=timezone.now())
        self.message_user(
            request, ngettext("%d notice will be applied again.", "%d notices will be applied again.", count) % count
        )

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bookings.change_booking")


@admin.register(EventCancellation)
class EventCancellationAdmin(ReadOnlyAdmin):
    list_display = ["event", "total", "failed", "attempts", "next_attempt_at", "created_at", "finished_at"]
    list_select_related = ["event"]
    search_fields = ["event__title", "=event__id"]
    title_fields = ("event",)
    ordering = ["-created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[EventCancellation]:
        orders: QuerySet[EventCancellation] = super().get_queryset(request)
        return orders.annotate(failed_count=Count("failures"))

    @admin.display(description=_("not ended"))
    def failed(self, order: EventCancellation) -> int:
        return int(getattr(order, "failed_count", 0))


@admin.register(CancellationFailure)
class CancellationFailureAdmin(ReadOnlyAdmin):
    """What the job could not end yet, page by page; its next round tries it again."""

    list_display = ["booking", "event", "error", "failed_at"]
    list_select_related = ["booking", "cancellation__event"]
    search_fields = ["=booking__id", "=cancellation__event__id", "cancellation__event__title"]
    title_fields = ("event",)
    ordering = ["-failed_at", "pk"]

    @admin.display(description=_("event"))
    def event(self, failure: CancellationFailure) -> str:
        return failure.cancellation.event.title


@admin.register(EventAttendance)
class EventAttendanceAdmin(ReadOnlyAdmin):
    list_display = ["event", "attended_at", "created_at", "finished_at"]
    list_select_related = ["event"]
    search_fields = ["event__title"]
    title_fields = ("event",)
    ordering = ["-created_at"]


@admin.register(SeatDrift)
class SeatDriftAdmin(ReadOnlyAdmin):
    """Empty, or something is broken."""

    list_display = ["event", "ticket_type", "held_stored", "held_counted", "sold_stored", "sold_counted", "found_at"]
    list_select_related = ["event", "ticket_type"]
    search_fields = ["event__title"]
    title_fields = ("event", "ticket_type")
    ordering = ["event_id", "id"]


def _to_tool(booking_id: str, name: str) -> HttpResponse:
    return redirect("admin:bookings_booking_tool", booking_id=booking_id, name=name)
