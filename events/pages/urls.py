"""Pages of this app."""

from django.urls import path

from events.pages import feeds, organizer_views, views

urlpatterns = [
    path("sitemap.xml", feeds.sitemap_index, name="sitemap"),
    path("sitemap-<slug:section>.xml", feeds.sitemap_section, name="sitemap-section"),
    path("robots.txt", feeds.robots, name="robots"),
    path("calendar/organizers/<uuid:organizer_id>.ics", feeds.organizer_calendar, name="organizer-calendar"),
    path("calendar/<str:token>.ics", feeds.own_calendar, name="own-calendar"),
    path("", views.catalogue, name="catalogue"),
    path("events/mine/", organizer_views.OwnEventsView.as_view(), name="own-events"),
    path("events/new/", organizer_views.NewEventView.as_view(), name="new-event"),
    path("events/organizer/", organizer_views.NewOrganizerView.as_view(), name="new-organizer"),
    path("events/<uuid:event_id>/edit/", organizer_views.EditEventView.as_view(), name="edit-event"),
    path("events/<uuid:event_id>/steps/<slug:name>/", organizer_views.StepView.as_view(), name="event-step"),
    path("events/<uuid:event_id>/", views.event_page, name="event-short"),
    path("events/<slug:slug>-<uuid:event_id>/", views.event_page, name="event-page"),
    path("events/<uuid:event_id>/favorite/", views.favorite, name="event-favorite-page"),
]
