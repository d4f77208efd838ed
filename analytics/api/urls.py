"""REST paths of this app, below /api/v1/."""

from django.urls import path

from analytics.api import views

urlpatterns = [
    path("events/<uuid:event_id>/views/", views.EventViewsView.as_view()),
    path("events/<uuid:event_id>/analytics/", views.EventReportView.as_view()),
    path("organizers/<uuid:organizer_id>/analytics/", views.OrganizerReportView.as_view()),
    path("analytics/platform/", views.PlatformReportView.as_view()),
]
