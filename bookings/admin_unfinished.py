"""What waits for somebody: changes for their payment, tickets on their way, people for seats. Each can be ended."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin_steps import reasoned_step
from bookings.admin_rows import Shown, ShownInline
from bookings.models import BookingChange, BookingChangeItem, TicketTransfer, WaitingEntry, WaitingItem
from bookings.services.force_end_change import force_end_change
from bookings.services.force_leave_waiting_list import force_leave_waiting_list
from bookings.services.force_withdraw_offer import force_withdraw_offer
from common.callers import caller_id


class Unfinished(Shown):
    """Rows with one step, offered while they are open: to end what they stand for."""

    actions_detail = ["end_this"]
    open_statuses: tuple[str, ...]

    @action(description=_("End it"), permissions=["end"])
    def end_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return reasoned_step(
            request,
            model_admin=self,
            title=str(_("End it")),
            subject=f"{self.opts.verbose_name}: {self.told(row)}",
            back=reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk]),
            act=partial(self._end, request, row.pk),
        )

    def has_end_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm("bookings.change_booking")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer the step only for what hasn't ended."""
        row = self.get_object(request, object_id)
        offered = super().get_actions_detail(request, object_id)
        return offered if row is not None and row.status in self.open_statuses else []

    def told(self, row: Any) -> str:
        """Return who and what the row is about."""
        raise NotImplementedError

    def end(self, *, administrator_id: UUID, row_id: UUID, reason: str) -> None:
        """Call the service."""
        raise NotImplementedError

    def _end(self, request: HttpRequest, row_id: UUID, reason: str) -> None:
        self.end(administrator_id=caller_id(request), row_id=row_id, reason=reason)


class ChangeItemInline(ShownInline):
    model = BookingChangeItem
    fields = ["name", "quantity", "added", "unit_price", "discount"]


@admin.register(BookingChange)
class BookingChangeAdmin(Unfinished):
    list_display = ["id", "person", "event", "status", "amount", "currency", "hold_expires_at", "created_at"]
    list_filter = ["status"]
    list_select_related = ["booking__user", "booking__event"]
    search_fields = ["=id", "=booking__id", "booking__user__email", "booking__event__title"]
    ordering = ["-created_at", "-id"]
    fields = ["booking", "status", "amount", "currency", "hold_expires_at", "ended_at", "created_at"]
    inlines = [ChangeItemInline]
    open_statuses = (BookingChange.Status.HELD,)

    @admin.display(description=_("participant"))
    def person(self, change: BookingChange) -> str:
        return change.booking.user.email

    @admin.display(description=_("event"))
    def event(self, change: BookingChange) -> str:
        return change.booking.event.title

    def told(self, row: BookingChange) -> str:
        return f"{self.person(row)}, {self.event(row)}"

    def end(self, *, administrator_id: UUID, row_id: UUID, reason: str) -> None:
        force_end_change(administrator_id=administrator_id, change_id=row_id, reason=reason, now=timezone.now())


@admin.register(TicketTransfer)
class TicketTransferAdmin(Unfinished):
    """Without the link: only its digest is kept."""

    list_display = ["id", "giver", "email", "event", "status", "expires_at", "accepted_by", "created_at"]
    list_filter = ["status"]
    list_select_related = ["ticket__booking__user", "ticket__booking__event", "accepted_by"]
    search_fields = ["=id", "email", "ticket__booking__user__email", "ticket__booking__event__title"]
    ordering = ["-created_at", "-id"]
    fields = ["giver", "email", "event", "status", "expires_at", "accepted_by", "ended_at", "created_at"]
    readonly_fields = ["giver", "event"]
    open_statuses = (TicketTransfer.Status.OFFERED,)

    @admin.display(description=_("giver"))
    def giver(self, transfer: TicketTransfer) -> str:
        return transfer.ticket.booking.user.email

    @admin.display(description=_("event"))
    def event(self, transfer: TicketTransfer) -> str:
        return transfer.ticket.booking.event.title

    def told(self, row: TicketTransfer) -> str:
        return f"{self.giver(row)} → {row.email}, {self.event(row)}"

    def end(self, *, administrator_id: UUID, row_id: UUID, reason: str) -> None:
        force_withdraw_offer(administrator_id=administrator_id, transfer_id=row_id, reason=reason, now=timezone.now())


class WaitingItemInline(ShownInline):
    model = WaitingItem
    fields = ["ticket_type", "quantity"]


@admin.register(WaitingEntry)
class WaitingEntryAdmin(Unfinished):
    list_display = ["id", "user", "event", "status", "seats", "joined_at", "offered_at", "ended_at"]
    list_filter = ["status"]
    list_select_related = ["user", "event"]
    search_fields = ["=id", "user__email", "event__title", "=event__id"]
    ordering = ["-joined_at", "-id"]
    fields = ["user", "event", "status", "seats", "booking", "joined_at", "offered_at", "ended_at"]
    inlines = [WaitingItemInline]
    open_statuses = (WaitingEntry.Status.WAITING, WaitingEntry.Status.OFFERED)

    def told(self, row: WaitingEntry) -> str:
        return f"{row.user}, {row.event.title}"

    def end(self, *, administrator_id: UUID, row_id: UUID, reason: str) -> None:
        force_leave_waiting_list(administrator_id=administrator_id, entry_id=row_id, reason=reason, now=timezone.now())
