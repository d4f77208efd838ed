"""What waits for somebody: changes for their payment, tickets on their way, people for seats. Each can be ended."""

from collections.abc import Callable
from dataclasses import dataclass
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
from bookings.admin_money import money_column
from bookings.models import BookingChange, BookingChangeItem, TicketTransfer, WaitingEntry, WaitingItem
from bookings.services.force_end_change import force_end_change
from bookings.services.force_leave_waiting_list import force_leave_waiting_list
from bookings.services.force_withdraw_offer import force_withdraw_offer
from common.callers import caller_id
from common.read_only_admin import ReadOnlyAdmin, ReadOnlyInline


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What ends a row of a kind: a service that knows the row by this name, offered while the row is in these states."""

    service: Callable[..., object]
    row_name: str
    open_statuses: tuple[str, ...]
    told: Callable[[Any], str]


class Unfinished(ReadOnlyAdmin):
    """Rows with one step, offered while they are open: to end what they stand for."""

    actions_detail = ["end_this"]
    ending: Ending

    @action(description=_("End it"), permissions=["end"])
    def end_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return reasoned_step(
            request,
            model_admin=self,
            title=str(_("End it")),
            subject=f"{self.opts.verbose_name}: {self.ending.told(row)}",
            back=reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk]),
            act=partial(self._end, request, row.pk),
        )

    def has_end_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm("bookings.change_booking")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer the step only for what hasn't ended."""
        row = self.get_object(request, object_id)
        offered = super().get_actions_detail(request, object_id)
        return offered if row is not None and row.status in self.ending.open_statuses else []

    def _end(self, request: HttpRequest, row_id: UUID, reason: str) -> None:
        row = {self.ending.row_name: row_id}
        self.ending.service(administrator_id=caller_id(request), reason=reason, now=timezone.now(), **row)


class ChangeItemInline(ReadOnlyInline):
    model = BookingChangeItem
    fields = ["name", "quantity", "added", "unit_price", "discount"]


@admin.register(BookingChange)
class BookingChangeAdmin(Unfinished):
    list_display = ["person", "event", "status", "sum", "hold_expires_at", "created_at"]
    title_fields = ("person", "event")
    sum = money_column("amount", _("amount"))
    list_filter = ["status"]
    list_select_related = ["booking__user", "booking__event"]
    search_fields = ["=id", "=booking__id", "booking__user__email", "booking__event__title"]
    ordering = ["-created_at", "-id"]
    fields = ["person", "event", "status", "sum", "hold_expires_at", "ended_at", "created_at"]
    readonly_fields = ["person", "event", "sum"]
    inlines = [ChangeItemInline]
    ending = Ending(
        service=force_end_change,
        row_name="change_id",
        open_statuses=(BookingChange.Status.HELD,),
        told=lambda change: f"{change.booking.user.email}, {change.booking.event.title}",
    )

    @admin.display(description=_("participant"))
    def person(self, change: BookingChange) -> str:
        return change.booking.user.email

    @admin.display(description=_("event"))
    def event(self, change: BookingChange) -> str:
        return change.booking.event.title


@admin.register(TicketTransfer)
class TicketTransferAdmin(Unfinished):
    """Without the link: only its digest is kept."""

    title_fields = ("giver", "event")
    list_display = ["giver", "email", "event", "status", "expires_at", "accepted_by", "created_at"]
    list_filter = ["status"]
    list_select_related = ["ticket__booking__user", "ticket__booking__event", "accepted_by"]
    search_fields = ["=id", "email", "ticket__booking__user__email", "ticket__booking__event__title"]
    ordering = ["-created_at", "-id"]
    fields = ["giver", "email", "event", "status", "expires_at", "accepted_by", "ended_at", "created_at"]
    readonly_fields = ["giver", "event"]
    ending = Ending(
        service=force_withdraw_offer,
        row_name="transfer_id",
        open_statuses=(TicketTransfer.Status.OFFERED,),
        told=lambda offer: f"{offer.ticket.booking.user.email} → {offer.email}, {offer.ticket.booking.event.title}",
    )

    @admin.display(description=_("giver"))
    def giver(self, transfer: TicketTransfer) -> str:
        return transfer.ticket.booking.user.email

    @admin.display(description=_("event"))
    def event(self, transfer: TicketTransfer) -> str:
        return transfer.ticket.booking.event.title


class WaitingItemInline(ReadOnlyInline):
    model = WaitingItem
    fields = ["ticket_type", "quantity"]


@admin.register(WaitingEntry)
class WaitingEntryAdmin(Unfinished):
    title_fields = ("user", "event")
    list_display = ["user", "event", "status", "seats", "joined_at", "offered_at", "ended_at"]
    list_filter = ["status"]
    list_select_related = ["user", "event"]
    search_fields = ["=id", "user__email", "event__title", "=event__id"]
    ordering = ["-joined_at", "-id"]
    fields = ["user", "event", "status", "seats", "booking", "joined_at", "offered_at", "ended_at"]
    inlines = [WaitingItemInline]
    ending = Ending(
        service=force_leave_waiting_list,
        row_name="entry_id",
        open_statuses=(WaitingEntry.Status.WAITING, WaitingEntry.Status.OFFERED),
        told=lambda entry: f"{entry.user}, {entry.event.title}",
    )
