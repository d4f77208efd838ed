"""Pages around a booking: its price with a promo code and points, other seats, tickets for friends, the waiting list."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from bookings.pages.addresses import SignInFromEvent, event_address
from bookings.pages.asking import ASKED, given_answers
from bookings.pages.change_presentation import (
    present_answers,
    present_change,
    present_claim,
    present_quote,
    present_transfer,
    present_waiting,
)
from bookings.pages.forms import email_of, holder_name_of, wanted_quantities, wish_of
from bookings.pages.refusals import explained
from bookings.selectors import get_booking_of_user, get_claimable_transfer
from bookings.services.accept_offer import accept_offer
from bookings.services.answer_questions import answer_questions
from bookings.services.change_booking import change_booking
from bookings.services.claim_as_newcomer import claim_as_newcomer
from bookings.services.claim_ticket import claim_ticket
from bookings.services.join_waiting_list import join_waiting_list
from bookings.services.leave_waiting_list import leave_waiting_list
from bookings.services.offer_ticket import offer_ticket
from bookings.services.rename_holder import rename_holder
from bookings.services.withdraw_offer import withdraw_offer
from common.callers import caller_id
from common.transactions import use_case
from events.selectors.questions import asks_anything


class QuoteView(SignInFromEvent, View):
    """The price of the chosen seats, with a promo code and points; nothing is taken yet."""

    def get(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(event_address(event_id, wish_of(request.GET).access_code))

    @explained
    def post(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        shown = present_quote(
            user_id=caller_id(request),
            event_id=event_id,
            quantities=wanted_quantities(request.POST),
            wish=wish_of(request.POST),
            filled_in=request.POST,
            now=timezone.now(),
        )
        return render(request, "bookings/quote.html", shown)


class ChangeView(LoginRequiredMixin, View):
    """GET offers other seats, POST shows what they cost, POST with `agreed` changes the booking."""

    @explained
    def get(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        booking = get_booking_of_user(user_id=caller_id(request), booking_id=booking_id)
        shown = present_change(booking, quantities=booking.quantities, now=timezone.now())
        return render(request, "bookings/change.html", shown)

    @explained
    def post(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        wanted, now = wanted_quantities(request.POST), timezone.now()
        access_code = wish_of(request.POST).access_code
        if "agreed" not in request.POST:
            booking = get_booking_of_user(user_id=caller_id(request), booking_id=booking_id)
            shown = present_change(booking, quantities=wanted, access_code=access_code, filled_in=request.POST, now=now)
            return render(request, "bookings/change.html", shown)
        with use_case():
            change_booking(
                user_id=caller_id(request),
                booking_id=booking_id,
                quantities=wanted,
                access_code=access_code,
                answers=given_answers(request.POST),
                hold_for=timedelta(seconds=settings.BOOKING_HOLD_SECONDS),
                now=now,
            )
        return redirect("bookings:booking", booking_id=booking_id)


class AnswersView(LoginRequiredMixin, View):
    """GET asks what the event asks for the seats, POST keeps the answers."""

    def get(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        shown = present_answers(user_id=caller_id(request), booking_id=booking_id)
        return render(request, "bookings/answers.html", shown)

    @explained
    def post(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        with use_case():
            answer_questions(
                user_id=caller_id(request),
                booking_id=booking_id,
                answers=given_answers(request.POST),
                now=timezone.now(),
            )
        messages.success(request, _("Your answers are kept."))
        return redirect("bookings:booking", booking_id=booking_id)


class HolderView(LoginRequiredMixin, View):
    """Puts a name on a ticket."""

    @explained
    def post(self, request: HttpRequest, booking_id: UUID, ticket_id: UUID) -> HttpResponse:
        with use_case():
            rename_holder(
                user_id=caller_id(request),
                booking_id=booking_id,
                ticket_id=ticket_id,
                name=holder_name_of(request.POST),
                now=timezone.now(),
            )
        messages.success(request, _("The name is on the ticket."))
        return redirect("bookings:booking", booking_id=booking_id)


class ConfirmView(LoginRequiredMixin, View):
    """Takes offered seats that cost nothing."""

    @explained
    def post(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        with use_case():
            accept_offer(user_id=caller_id(request), booking_id=booking_id, now=timezone.now())
        return redirect("bookings:booking", booking_id=booking_id)


class TransferView(LoginRequiredMixin, View):
    """GET asks for whom, POST offers the ticket, POST with `withdrawn` takes it back."""

    def get(self, request: HttpRequest, booking_id: UUID, ticket_id: UUID) -> HttpResponse:
        booking = get_booking_of_user(user_id=caller_id(request), booking_id=booking_id)
        return render(request, "bookings/transfer.html", present_transfer(booking, ticket_id, now=timezone.now()))

    @explained
    def post(self, request: HttpRequest, booking_id: UUID, ticket_id: UUID) -> HttpResponse:
        whose = {"user_id": caller_id(request), "booking_id": booking_id, "ticket_id": ticket_id}
        with use_case():
            if "withdrawn" in request.POST:
                withdraw_offer(**whose, now=timezone.now())
                said = _("The ticket is yours again.")
            else:
                offer_ticket(**whose, email=email_of(request.POST), now=timezone.now())
                said = _("The link is on its way. It is good for 48 hours.")
        messages.success(request, said)
        return redirect("bookings:booking", booking_id=booking_id)


class ClaimView(View):
    """The page behind the mailed link. Who has no account gets one: the link proves the address."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        transfer = get_claimable_transfer(token=token, now=timezone.now())
        response = render(request, "bookings/claim.html", present_claim(transfer))
        # The address has the token in it.
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store"
        return response

    @explained
    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        with use_case():
            if request.user.is_authenticated:
                booking = claim_ticket(user_id=caller_id(request), token=token, now=timezone.now())
            else:
                booking = claim_as_newcomer(token=token, now=timezone.now())
        if not request.user.is_authenticated:
            login(request, booking.user)
        messages.success(request, _("The ticket is yours."))
        return redirect("bookings:booking", booking_id=booking.id)


class WaitlistView(SignInFromEvent, View):
    """GET shows the place or the choice, POST joins, POST with `leave` leaves.

    What the event asks is asked first, on the same page, with the choice kept.
    """

    def get(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        access_code = wish_of(request.GET).access_code
        shown = present_waiting(user_id=caller_id(request), event_id=event_id, access_code=access_code)
        return render(request, "bookings/waitlist.html", shown)

    @explained
    def post(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        wanted, access_code = wanted_quantities(request.POST), wish_of(request.POST).access_code
        is_joining = "leave" not in request.POST
        if is_joining and ASKED not in request.POST and asks_anything(event_id=event_id, ticket_type_ids=wanted):
            shown = present_waiting(
                user_id=caller_id(request),
                event_id=event_id,
                quantities=wanted,
                access_code=access_code,
                filled_in=request.POST,
            )
            return render(request, "bookings/waitlist.html", shown)
        with use_case():
            if "leave" in request.POST:
                leave_waiting_list(user_id=caller_id(request), event_id=event_id, now=timezone.now())
                messages.success(request, _("You wait no more."))
            else:
                join_waiting_list(
                    user_id=caller_id(request),
                    event_id=event_id,
                    quantities=wanted,
                    access_code=access_code,
                    answers=given_answers(request.POST),
                    now=timezone.now(),
                )
        return HttpResponseRedirect(reverse("bookings:waitlist", kwargs={"event_id": event_id}))
