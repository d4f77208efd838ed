"""Pages of a booking: from the choice of seats to the tickets."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from bookings.pages.addresses import SignInFromEvent, event_address
from bookings.pages.asking import ASKED, given_answers
from bookings.pages.change_views import QuoteView
from bookings.pages.forms import wanted_quantities, wish_of
from bookings.pages.presentation import present_booking, present_bookings
from bookings.pages.refusals import explained
from bookings.providers.registry import provider_for_organizer
from bookings.selectors import get_booking_of_user, get_organizer_id_of_booking, list_bookings_of_user
from bookings.services.cancel_booking import cancel_booking
from bookings.services.expire_holds import open_booking
from bookings.services.hold_seats import hold_seats
from bookings.services.start_payment import start_payment
from common.callers import caller_id, caller_time_zone
from common.transactions import use_case
from events.selectors.questions import asks_anything

BOOKINGS_SHOWN = 100


class BookView(SignInFromEvent, View):
    """Takes the quantities of the event page; pressed twice, it leads to the same booking.

    What the event asks is asked on the page of the price, before anything is taken.
    """

    def get(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        """Come back from signing in: the choice is made on the event's page."""
        return HttpResponseRedirect(event_address(event_id, wish_of(request.GET).access_code))

    @explained
    def post(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        wanted = wanted_quantities(request.POST)
        if ASKED not in request.POST and asks_anything(event_id=event_id, ticket_type_ids=wanted):
            return self.price(request, event_id=event_id)
        with use_case():
            booking = hold_seats(
                user_id=caller_id(request),
                event_id=event_id,
                quantities=wanted,
                wish=wish_of(request.POST),
                answers=given_answers(request.POST),
                hold_for=timedelta(seconds=settings.BOOKING_HOLD_SECONDS),
                now=timezone.now(),
            )
        return redirect("bookings:booking", booking_id=booking.id)

    def price(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        """Show the price first."""
        return QuoteView().post(request, event_id=event_id)


class BookingsView(LoginRequiredMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        bookings = list_bookings_of_user(user_id=caller_id(request))[:BOOKINGS_SHOWN]
        return render(request, "bookings/bookings.html", present_bookings(bookings, now=timezone.now()))


class BookingView(LoginRequiredMixin, View):
    def get(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        now = timezone.now()
        with use_case():
            booking = open_booking(
                booking=get_booking_of_user(user_id=caller_id(request), booking_id=booking_id), now=now
            )
        shown = present_booking(booking, time_zone=caller_time_zone(request), now=now)
        response = render(request, "bookings/booking.html", shown)
        # Back from the payment page, the browser must ask again and not show the old hold.
        response["Cache-Control"] = "no-store"
        return response


class PayView(LoginRequiredMixin, View):
    @explained
    def post(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        payment = start_payment(
            user_id=caller_id(request),
            booking_id=booking_id,
            provider=provider_for_organizer(
                get_organizer_id_of_booking(user_id=caller_id(request), booking_id=booking_id)
            ),
            return_url=f"{settings.PUBLIC_URL}{reverse('bookings:booking', kwargs={'booking_id': booking_id})}",
            now=timezone.now(),
        )
        return HttpResponseRedirect(payment.confirmation_url)


class CancelView(LoginRequiredMixin, View):
    """GET shows what comes back, POST does it."""

    def get(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        booking = get_booking_of_user(user_id=caller_id(request), booking_id=booking_id)
        shown = present_booking(booking, time_zone=caller_time_zone(request), now=timezone.now())
        return render(request, "bookings/cancel.html", shown)

    @explained
    def post(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        with use_case():
            cancel_booking(user_id=caller_id(request), booking_id=booking_id, now=timezone.now())
        messages.success(request, _("Your booking is cancelled."))
        return redirect("bookings:booking", booking_id=booking_id)
