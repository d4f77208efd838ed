"""REST paths of this app, below /api/v1/."""

from django.urls import include, path

from bookings.api import account_views, change_views, door_views, organizer_views, ticket_views, views

paths = [
    path("bookings/", views.BookingsView.as_view(), name="bookings"),
    path("bookings/quote/", views.QuoteView.as_view(), name="quote"),
    path("bookings/<uuid:booking_id>/", views.BookingView.as_view(), name="booking"),
    path("bookings/<uuid:booking_id>/pay/", views.PayView.as_view(), name="pay"),
    path("bookings/<uuid:booking_id>/cancel/", views.CancelView.as_view(), name="cancel"),
    path("bookings/<uuid:booking_id>/refund-quote/", views.RefundQuoteView.as_view(), name="refund_quote"),
    path("bookings/<uuid:booking_id>/change/", change_views.ChangeView.as_view(), name="change"),
    path("bookings/<uuid:booking_id>/change/quote/", change_views.ChangeQuoteView.as_view(), name="change_quote"),
    path("bookings/<uuid:booking_id>/confirm/", change_views.ConfirmView.as_view(), name="confirm"),
    path("bookings/<uuid:booking_id>/answers/", change_views.AnswersView.as_view(), name="answers"),
    path("bookings/<uuid:booking_id>/transfer/", change_views.TransferView.as_view(), name="transfer"),
    path(
        "bookings/<uuid:booking_id>/transfer/<uuid:ticket_id>/",
        change_views.TransferOfTicketView.as_view(),
        name="transfer_of_ticket",
    ),
    path("bookings/claim/", change_views.ClaimView.as_view(), name="claim_ticket"),
    path("events/<uuid:event_id>/waitlist/", change_views.WaitlistView.as_view(), name="waitlist"),
    path("bookings/<uuid:booking_id>/tickets/", ticket_views.TicketsView.as_view(), name="tickets"),
    path("bookings/<uuid:booking_id>/tickets/<uuid:ticket_id>/", ticket_views.TicketView.as_view(), name="ticket"),
    path("bookings/<uuid:booking_id>/tickets.pdf", ticket_views.TicketFileView.as_view(), name="ticket_file"),
    path("bookings/<uuid:booking_id>.ics", ticket_views.BookingCalendarView.as_view(), name="calendar"),
    path("me/bookings/", views.MyBookingsView.as_view(), name="my_bookings"),
    path("events/<uuid:event_id>/bookings/", views.EventBookingsView.as_view(), name="event_bookings"),
    path("events/<uuid:event_id>/check-ins/", door_views.CheckInsView.as_view(), name="check_ins"),
    path(
        "events/<uuid:event_id>/check-ins/uploaded/", door_views.UploadedScansView.as_view(), name="uploaded_check_ins"
    ),
    path("events/<uuid:event_id>/check-ins/<uuid:ticket_id>/", door_views.CheckInView.as_view(), name="check_in"),
    path("events/<uuid:event_id>/door-list/", door_views.DoorListView.as_view(), name="door_list"),
    path("events/<uuid:event_id>/door-search/", door_views.DoorSearchView.as_view(), name="door_search"),
    path("events/<uuid:event_id>/bookings/issued/", door_views.IssuedBookingsView.as_view(), name="issued_bookings"),
    path("events/<uuid:event_id>/bookings.csv", organizer_views.BookingsCsvView.as_view(), name="bookings_csv"),
    path("events/<uuid:event_id>/bookings.xlsx", organizer_views.BookingsXlsxView.as_view(), name="bookings_xlsx"),
    path("events/<uuid:event_id>/messages/", organizer_views.MessagesView.as_view(), name="event_messages"),
    path(
        "events/<uuid:event_id>/messages/preview/",
        organizer_views.MessagePreviewView.as_view(),
        name="event_message_preview",
    ),
    path(
        "organizers/<uuid:organizer_id>/provider-account/",
        account_views.ProviderAccountView.as_view(),
        name="provider_account",
    ),
    path("organizers/<uuid:organizer_id>/settlement/", organizer_views.SettlementView.as_view(), name="settlement"),
    path(
        "organizers/<uuid:organizer_id>/settlement.csv",
        organizer_views.SettlementCsvView.as_view(),
        name="settlement_csv",
    ),
    path("payments/webhooks/<slug:provider>/", views.ProviderWebhookView.as_view(), name="provider_webhook"),
    path(
        "payments/webhooks/<slug:provider>/<uuid:account_id>/",
        views.AccountWebhookView.as_view(),
        name="account_webhook",
    ),
]

urlpatterns = [path("", include((paths, "bookings_api")))]
