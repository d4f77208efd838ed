"""Pages of this app."""

from django.urls import path

from events.pages import feeds, views

urlpatterns = [
    path("sitemap.xml", feeds.sitemap_index, name="sitemap"),
    path("sitemap-<slug:section>.xml", feeds.sitemap_section, name="sitemap-section"),
    path("robots.txt", feeds.robots, name="robots"),
    path("calendar/organizers/<uuid:organizer_id>.ics", feeds.organizer_calendar, name="organizer-calendar"),
    path("calendar/<str:token>.ics", feeds.own_calendar, name="own-calendar"),
    path("", views.catalogue, name="catalogue"),
    path("events/<uuid:event_id>/", views.event_page, name="event-short"),
    path("events/<slug:slug>-<uuid:event_id>/", views.event_page, name="event-page"),
    path("events/<uuid:event_id>/favorite/", views.favorite, name="event-favorite-page"),
]
