"""REST paths of this app, below /api/v1/."""

from django.urls import path

from events.api import (
    bulk_views,
    calendar_views,
    content_views,
    crew_views,
    promo_code_views,
    question_views,
    series_views,
    status_views,
    ticket_type_views,
    views,
)

urlpatterns = [
    path("categories/", views.CategoriesView.as_view(), name="categories"),
    path("events/", views.EventsView.as_view(), name="events"),
    path("events/bulk/", bulk_views.BulkView.as_view(), name="events-bulk"),
    path("events/bulk/<uuid:operation_id>/", bulk_views.BulkOperationView.as_view(), name="bulk-operation"),
    path("events/bulk/<uuid:operation_id>/stop/", bulk_views.StopBulkView.as_view(), name="bulk-operation-stop"),
    path("events/bulk/<uuid:operation_id>/resume/", bulk_views.ResumeBulkView.as_view(), name="bulk-operation-resume"),
    path("events/<uuid:event_id>/report/", content_views.ReportView.as_view(), name="event-report"),
    path("events/<uuid:event_id>/cover/", content_views.CoverView.as_view(), name="event-cover"),
    path("events/<uuid:event_id>/questions/", question_views.QuestionsView.as_view(), name="event-questions"),
    path(
        "events/<uuid:event_id>/questions/<uuid:question_id>/",
        question_views.QuestionView.as_view(),
        name="event-question",
    ),
    path("events/<uuid:event_id>/answers/", question_views.AnswersView.as_view(), name="event-answers"),
    path("events/<uuid:event_id>/duplicate/", series_views.DuplicateView.as_view(), name="event-duplicate"),
    path("events/<uuid:event_id>/recurrence/", series_views.RecurrenceView.as_view(), name="event-recurrence"),
    path(
        "events/<uuid:event_id>/recurrence/preview/",
        series_views.RecurrencePreviewView.as_view(),
        name="event-recurrence-preview",
    ),
    path("events/<uuid:event_id>/following/", bulk_views.FollowingView.as_view(), name="event-following"),
    path("events/<uuid:event_id>/cancellation/", series_views.CancellationView.as_view(), name="event-cancellation"),
    path("events/<uuid:event_id>/", views.EventView.as_view(), name="event"),
    path("events/<uuid:event_id>.ics", views.EventCalendarView.as_view(), name="event-calendar"),
    path("events/<uuid:event_id>/availability/", views.AvailabilityView.as_view(), name="event-availability"),
    path("events/<uuid:event_id>/favorite/", views.FavoriteView.as_view(), name="event-favorite"),
    path("events/<uuid:event_id>/publish/", status_views.PublishView.as_view(), name="event-publish"),
    path("events/<uuid:event_id>/cancel/", status_views.CancelView.as_view(), name="event-cancel"),
    path("events/<uuid:event_id>/reschedule/", status_views.RescheduleView.as_view(), name="event-reschedule"),
    path("events/<uuid:event_id>/archive/", status_views.ArchiveView.as_view(), name="event-archive"),
    path("events/<uuid:event_id>/suspend/", status_views.SuspendView.as_view(), name="event-suspend"),
    path("events/<uuid:event_id>/restore/", status_views.RestoreView.as_view(), name="event-restore"),
    path("events/<uuid:event_id>/ticket-types/", ticket_type_views.TicketTypesView.as_view(), name="ticket-types"),
    path(
        "events/<uuid:event_id>/ticket-types/<uuid:ticket_type_id>/",
        ticket_type_views.TicketTypeView.as_view(),
        name="ticket-type",
    ),
    path("events/<uuid:event_id>/promo-codes/", promo_code_views.PromoCodesView.as_view(), name="promo-codes"),
    path("events/<uuid:event_id>/promo-codes/batch/", promo_code_views.PromoBatchView.as_view(), name="promo-batch"),
    path(
        "events/<uuid:event_id>/promo-codes/<uuid:promo_code_id>/",
        promo_code_views.PromoCodeView.as_view(),
        name="promo-code",
    ),
    path("events/<uuid:event_id>/crew/", crew_views.CrewView.as_view(), name="event-crew"),
    path("me/calendar/", calendar_views.CalendarLinkView.as_view(), name="calendar-link"),
    path("me/favorites/", views.FavoritesView.as_view(), name="favorites"),
]
