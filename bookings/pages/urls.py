"""Pages of this app."""

from django.urls import include, path

from bookings.pages import change_views, organizer_views, sandbox_views, views

paths = [
    path("events/<uuid:event_id>/book/", views.BookView.as_view(), name="book"),
    path("bookings/", views.BookingsView.as_view(), name="bookings"),
    path("bookings/<uuid:booking_id>/", views.BookingView.as_view(), name="booking"),
    path("bookings/<uuid:booking_id>/pay/", views.PayView.as_view(), name="pay"),
    path("bookings/<uuid:booking_id>/cancel/", views.CancelView.as_view(), name="cancel"),
    path("bookings/<uuid:booking_id>/confirm/", change_views.ConfirmView.as_view(), name="confirm"),
    path("tickets/claim/<str:token>/", change_views.ClaimView.as_view(), name="claim"),
    path("bookings/<uuid:booking_id>/change/", change_views.ChangeView.as_view(), name="change"),
    path("bookings/<uuid:booking_id>/transfer/<uuid:ticket_id>/", change_views.TransferView.as_view(), name="transfer"),
    path("bookings/<uuid:booking_id>/answers/", change_views.AnswersView.as_view(), name="answers"),
    path("bookings/<uuid:booking_id>/holder/<uuid:ticket_id>/", change_views.HolderView.as_view(), name="holder"),
    path("events/<uuid:event_id>/quote/", change_views.QuoteView.as_view(), name="quote"),
    path("events/<uuid:event_id>/waitlist/", change_views.WaitlistView.as_view(), name="waitlist"),
    path("bookings/<uuid:booking_id>/tickets.pdf", organizer_views.TicketFileView.as_view(), name="ticket_file"),
    path("events/<uuid:event_id>/bookings/", organizer_views.EventBookingsView.as_view(), name="event_bookings"),
    path("events/<uuid:event_id>/door/", organizer_views.DoorView.as_view(), name="door"),
    path("events/<uuid:event_id>/door/worker.js", organizer_views.DoorWorkerView.as_view(), name="door_worker"),
    path("sandbox/pay/<uuid:payment_id>/", sandbox_views.SandboxPaymentView.as_view(), name="sandbox_payment"),
]

urlpatterns = [path("", include((paths, "bookings")))]
