"""Pages of this app."""

from django.urls import path

from events.pages import (
    bulk_views,
    crew_views,
    feeds,
    organizer_views,
    promo_code_views,
    question_views,
    reader_views,
    series_views,
    views,
)

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
    path("events/calendar/", reader_views.CalendarLinkView.as_view(), name="own-calendar-link"),
    path("events/<uuid:event_id>/report/", reader_views.ReportView.as_view(), name="event-report-page"),
    path("events/mine/bulk/", bulk_views.BulkView.as_view(), name="events-bulk-page"),
    path("events/mine/bulk/<uuid:operation_id>/", bulk_views.BulkResultView.as_view(), name="events-bulk-result"),
    path("events/<uuid:event_id>/promo-codes/", promo_code_views.PromoCodesView.as_view(), name="event-promo-codes"),
    path(
        "events/<uuid:event_id>/promo-codes.csv",
        promo_code_views.PromoCodesFileView.as_view(),
        name="event-promo-codes-file",
    ),
    path(
        "events/<uuid:event_id>/promo-codes/<uuid:promo_code_id>/",
        promo_code_views.PromoCodeView.as_view(),
        name="event-promo-code",
    ),
    path("events/<uuid:event_id>/questions/", question_views.QuestionsView.as_view(), name="event-questions-page"),
    path(
        "events/<uuid:event_id>/questions/<uuid:question_id>/",
        question_views.QuestionView.as_view(),
        name="event-question-page",
    ),
    path("events/<uuid:event_id>/crew/", crew_views.CrewView.as_view(), name="event-crew-page"),
    path("events/<uuid:event_id>/series/", series_views.SeriesView.as_view(), name="event-series"),
    path("events/<uuid:event_id>/", views.event_page, name="event-short"),
    path("events/<slug:slug>-<uuid:event_id>/", views.event_page, name="event-page"),
    path("events/<uuid:event_id>/favorite/", views.favorite, name="event-favorite-page"),
]
