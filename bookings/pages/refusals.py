"""A refusal on a page becomes a sentence where the person came from, with what to do next."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.pages.addresses import event_address
from bookings.pages.forms import wish_of
from bookings.ports import PointsNotAvailable
from bookings.providers.registry import PaymentsUnavailable
from bookings.services.answer_questions import AnswersClosed, AnswersMissing
from bookings.services.cancel_booking import CancellationClosed
from bookings.services.change_booking import ChangeInProgress, TicketsOnTheirWay
from bookings.services.change_status import InvalidTransition
from bookings.services.check_in_ticket import TicketAlreadyUsed
from bookings.services.claim_as_newcomer import SignInFirst
from bookings.services.insert_booking import AlreadyBooked
from bookings.services.join_waiting_list import AlreadyWaiting, SeatsAvailable
from bookings.services.offer_ticket import ChangedSinceHandedOver, OfferedToGiver, TicketOnItsWay, TooManyOffers
from bookings.services.quote_change import NothingToChange
from bookings.services.rename_holder import EventStarted
from bookings.services.start_payment import HoldExpired, NotPayable, PaymentInProgress
from common.problems import InvalidInput, Problem
from events.services.check_promo_code import PROMO_REFUSALS
from events.services.check_sale import EventCancelled, LimitPerBooking, NotOnSale
from events.services.take_seats import SeatsSoldOut

View = Callable[..., HttpResponse]
# Refusals that a person meets on the way; any other is the error page's.
EXPLAINED = (
    AlreadyBooked,
    AlreadyWaiting,
    AnswersClosed,
    AnswersMissing,
    CancellationClosed,
    ChangedSinceHandedOver,
    ChangeInProgress,
    EventCancelled,
    EventStarted,
    HoldExpired,
    InvalidInput,
    InvalidTransition,
    LimitPerBooking,
    NotOnSale,
    NotPayable,
    NothingToChange,
    OfferedToGiver,
    PaymentInProgress,
    PaymentsUnavailable,
    PointsNotAvailable,
    SeatsAvailable,
    SeatsSoldOut,
    SignInFirst,
    TicketAlreadyUsed,
    TicketOnItsWay,
    TicketsOnTheirWay,
    TooManyOffers,
)


def explained(view: View) -> View:
    """Show a refusal on the booking's page, or on the event's when there is no booking."""

    @wraps(view)
    def shown(self: Any, request: HttpRequest, **ids: Any) -> HttpResponse:
        try:
            return view(self, request, **ids)
        except PROMO_REFUSALS:
            # The price is shown with what was chosen, and why the code doesn't count.
            return self.price(request, **ids)  # type: ignore[no-any-return]  # only BookView takes a code
        except EXPLAINED as refusal:
            messages.error(request, _sentence(refusal))
            return HttpResponseRedirect(_back(refusal, ids, wish_of(request.POST).access_code))

    return shown


def _sentence(refusal: Problem) -> str:
    if isinstance(refusal, InvalidInput):
        told = [one.detail for one in refusal.errors if one.pointer.startswith(("/email", "/answers"))]
        return " ".join(dict.fromkeys(told)) or _("Choose at least one ticket.")
    if isinstance(refusal, SeatsSoldOut):
        left = sum(refusal.extra["left"].values())
        return _("Only %(left)s of the chosen seats are left. Choose fewer, or another ticket.") % {"left": left}
    if isinstance(refusal, PointsNotAvailable):
        return _("You can use %(available)s points at most here.") % refusal.extra
    if isinstance(refusal, LimitPerBooking):
        return _("One booking takes from %(minimum)s to %(maximum)s of these tickets.") % refusal.extra
    return _(refusal.title)


def _back(refusal: Problem, ids: dict[str, Any], access_code: str) -> str:
    booking_id = refusal.extra.get("booking_id") or ids.get("booking_id")
    if booking_id:
        return reverse("bookings:booking", kwargs={"booking_id": booking_id})
    if "token" in ids:
        claim = reverse("bookings:claim", kwargs=ids)
        return f"{reverse('account_login')}?next={claim}" if isinstance(refusal, SignInFirst) else claim
    return event_address(ids["event_id"], access_code)
