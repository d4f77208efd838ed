"""REST paths of this app, below /api/v1/."""

from django.urls import path

from events.api import crew_views, promo_code_views, status_views, ticket_type_views, views

urlpatterns = [
    path("categories/", views.CategoriesView.as_view(), name="categories"),
    path("events/", views.EventsView.as_view(), name="events"),
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
    path("me/favorites/", views.FavoritesView.as_view(), name="favorites"),
]
