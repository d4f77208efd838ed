"""Pages of this app."""

from django.urls import path

from reviews.pages import views

urlpatterns = [
    path("events/<uuid:event_id>/reviews/", views.event_reviews, name="event_reviews"),
    path("events/<uuid:event_id>/reviews/write/", views.write, name="review_write"),
    path("reviews/<uuid:review_id>/edit/", views.edit, name="review_edit"),
    path("reviews/<uuid:review_id>/appeal/", views.appeal, name="review_appeal"),
    path("reviews/<uuid:review_id>/delete/", views.delete, name="review_delete"),
    path("reviews/<uuid:review_id>/helpful/", views.helpful, name="review_helpful"),
    path("reviews/<uuid:review_id>/report/", views.report, name="review_report"),
    path("reviews/<uuid:review_id>/reply/", views.reply, name="review_reply"),
    path("reviews/<uuid:review_id>/reply/edit/", views.change_reply, name="review_reply_edit"),
]
