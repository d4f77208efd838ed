"""Pages of this app."""

from django.urls import path

from events.pages import views

urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("events/<uuid:event_id>/", views.event_page, name="event-short"),
    path("events/<slug:slug>-<uuid:event_id>/", views.event_page, name="event-page"),
    path("events/<uuid:event_id>/favorite/", views.favorite, name="event-favorite-page"),
]
