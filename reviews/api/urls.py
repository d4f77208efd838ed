"""REST paths of this app, below /api/v1/."""

from django.urls import path

from reviews.api import moderation, views

urlpatterns = [
    path("events/<uuid:event_id>/reviews/", views.EventReviewsView.as_view()),
    path("events/<uuid:event_id>/rating/", views.EventRatingView.as_view()),
    path("organizers/<uuid:organizer_id>/rating/", views.OrganizerRatingView.as_view()),
    path("me/reviews/", views.MyReviewsView.as_view()),
    path("reviews/<uuid:review_id>/", views.ReviewView.as_view()),
    path("reviews/<uuid:review_id>/reply/", views.ReplyView.as_view()),
    path("reviews/<uuid:review_id>/appeal/", views.AppealView.as_view()),
    path("reviews/<uuid:review_id>/report/", views.ReportView.as_view()),
    path("reviews/<uuid:review_id>/helpful/", views.HelpfulView.as_view()),
    path("moderation/reviews/", moderation.QueueView.as_view()),
    path("moderation/reviews/<uuid:review_id>/", moderation.ModeratedReviewView.as_view()),
    path("moderation/reviews/<uuid:review_id>/claim/", moderation.ClaimView.as_view()),
    path("moderation/reviews/<uuid:review_id>/publish/", moderation.PublishView.as_view()),
    path("moderation/reviews/<uuid:review_id>/reject/", moderation.RejectView.as_view()),
    path("moderation/reviews/<uuid:review_id>/hide/", moderation.HideView.as_view()),
    path("moderation/reviews/<uuid:review_id>/dismiss-reports/", moderation.DismissReportsView.as_view()),
]
