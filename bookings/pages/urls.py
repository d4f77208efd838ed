"""Pages of this app."""

from django.urls import include, path

from bookings.pages import sandbox_views, views

paths = [
    path("events/<uuid:event_id>/book/", views.BookView.as_view(), name="book"),
    path("bookings/", views.BookingsView.as_view(), name="bookings"),
    path("bookings/<uuid:booking_id>/", views.BookingView.as_view(), name="booking"),
    path("bookings/<uuid:booking_id>/pay/", views.PayView.as_view(), name="pay"),
    path("bookings/<uuid:booking_id>/cancel/", views.CancelView.as_view(), name="cancel"),
    path("sandbox/pay/<uuid:payment_id>/", sandbox_views.SandboxPaymentView.as_view(), name="sandbox_payment"),
]

urlpatterns = [path("", include((paths, "bookings")))]
