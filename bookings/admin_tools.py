"""The administrator's tools for odd situations: each asks why, wants a fresh second factor, and is written down."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.second_factor import is_fresh
from bookings.documents.wording import money_text
from bookings.models import Booking
from bookings.models.lifecycle import TRANSITIONS, BookingStatus
from bookings.services.confirm_unpaid import confirm_unpaid
from bookings.services.extend_hold import extend_hold
from bookings.services.force_cancel import force_cancel
from bookings.services.grant_refund import grant_refund
from bookings.services.move_booking import move_booking
from bookings.services.promise_refund import refundable_of
from common.callers import caller_id
from common.problems import Problem
from common.transactions import use_case
from events.services.raise_capacity import raise_capacity

MOST_MINUTES = 7 * 24 * 60
MOST_SEATS = 10_000


class ReasonForm(forms.Form):
    """Why; it is kept for ever."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget)

    def __init__(self, *args: Any, booking: Booking, **options: Any) -> None:
        super().__init__(*args, **options)
        self.booking = booking


class AmountForm(ReasonForm):
    amount = forms.DecimalField(
        label=_("Amount"), min_value=0, max_digits=12, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )


class MinutesForm(ReasonForm):
    minutes = forms.IntegerField(
        label=_("Minutes from now"), min_value=1, max_value=MOST_MINUTES, widget=UnfoldAdminIntegerFieldWidget
    )


class EventForm(ReasonForm):
    event_id = forms.UUIDField(label=_("Id of the other event"), widget=UnfoldAdminTextInputWidget)


class SeatsForm(ReasonForm):
    ticket_type_id = forms.TypedChoiceField(label=_("Ticket type"), coerce=UUID, widget=UnfoldAdminSelectWidget)
    seats = forms.IntegerField(
        label=_("Seats more"), min_value=1, max_value=MOST_SEATS, widget=UnfoldAdminIntegerFieldWidget
    )

    def __init__(self, *args: Any, booking: Booking, **options: Any) -> None:
        super().__init__(*args, booking=booking, **options)
        kinds = booking.event.ticket_types.order_by("position", "id")
        field = cast("forms.TypedChoiceField", self.fields["ticket_type_id"])
        field.choices = [(one.id, f"{one.name} ({one.capacity})") for one in kinds]


@dataclass(frozen=True)
class Tool:
    """A title, what is asked for, the service that does it, and the statuses of bookings that it is for."""

    title: Any
    form: type[ReasonForm]
    use: Callable[..., Any]
    statuses: tuple[BookingStatus, ...] = tuple(BookingStatus)


def _raise(*, booking_id: UUID, now: Any, **fields: Any) -> None:
    raise_capacity(**fields)


TOOLS: dict[str, Tool] = {
    "cancel": Tool(_("Cancel with all money back"), ReasonForm, force_cancel, TRANSITIONS["call_off"].sources),
    "refund": Tool(_("Give money back"), AmountForm, grant_refund),
    "confirm": Tool(_("Confirm without payment"), ReasonForm, confirm_unpaid, TRANSITIONS["confirm"].sources),
    "extend": Tool(_("Extend the hold"), MinutesForm, extend_hold, (BookingStatus.HELD,)),
    "move": Tool(_("Move to another event"), EventForm, move_booking, (BookingStatus.CONFIRMED,)),
    "capacity": Tool(_("Raise the capacity"), SeatsForm, _raise),
}


def tools_for(booking: Booking) -> set[str]:
    """Return the names of the tools that can do something for the booking as it is."""
    fitting = {name for name, tool in TOOLS.items() if booking.status in tool.statuses}
    return fitting if refundable_of(booking=booking) else fitting - {"refund"}


def use_tool(request: HttpRequest, model_admin: Any, booking_id: UUID, name: str) -> HttpResponse:
    """Show what a tool asks for, and use it."""
    if not request.user.has_perm("bookings.change_booking"):
        raise PermissionDenied
    booking = Booking.objects.told().filter(id=booking_id).first()
    if booking is None or name not in TOOLS:
        raise Http404
    if not is_fresh(request, timezone.now()):
        return redirect(f"{reverse('accounts_step_up')}?{urlencode({'next': request.path})}")
    tool, form = TOOLS[name], TOOLS[name].form(request.POST or None, booking=booking)
    if request.method == "POST" and form.is_valid() and _done(request, model_admin, tool, form):
        return HttpResponseRedirect(reverse("admin:bookings_booking_change", args=[booking_id]))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": tool.title,
        "booking": booking,
        "total": money_text(booking.total),
        "refundable": money_text(refundable_of(booking=booking)),
        "form": form,
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, "admin/bookings/tool.html", context)


def _done(request: HttpRequest, model_admin: Any, tool: Tool, form: ReasonForm) -> bool:
    try:
        with use_case():
            tool.use(
                administrator_id=caller_id(request),
                booking_id=form.booking.id,
                now=timezone.now(),
                **form.cleaned_data,
            )
    except Problem as problem:
        model_admin.message_user(request, gettext(problem.title), messages.ERROR)
        return False
    model_admin.message_user(request, f"{tool.title}: {gettext('done.')}", messages.SUCCESS)
    return True
