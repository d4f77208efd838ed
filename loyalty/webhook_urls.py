"""The shops' webhook, at the path of its own contract: POST /api/webhook/{webhookSecret}, with and without a slash."""

from django.urls import path

from loyalty.api.webhook import webhook

urlpatterns = [
    path("webhook/<str:secret>", webhook, name="loyalty-webhook"),
    path("webhook/<str:secret>/", webhook),
]
