"""REST paths of this app, below /api/v1/."""

from django.urls import path

from accounts.api import privacy_views, views

urlpatterns = [
    path("auth/tokens/", views.TokensView.as_view(), name="auth-tokens"),
    path("auth/tokens/<uuid:token_id>/", views.TokenView.as_view(), name="auth-token"),
    path("auth/step-up/", views.StepUpView.as_view(), name="auth-step-up"),
    path("me/", views.MeView.as_view(), name="me"),
    path("me/export/", privacy_views.ExportView.as_view(), name="me-export"),
    path("me/export/file/", privacy_views.ExportFileView.as_view(), name="me-export-file"),
    path("organizers/", views.OrganizersView.as_view(), name="organizers"),
    path("organizers/<uuid:organizer_id>/", views.OrganizerView.as_view(), name="organizer"),
    path("organizers/<uuid:organizer_id>/members/", views.MembersView.as_view(), name="organizer-members"),
    path(
        "organizers/<uuid:organizer_id>/members/<uuid:member_id>/", views.MemberView.as_view(), name="organizer-member"
    ),
]
