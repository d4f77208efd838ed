"""The shops webhook, at the path of its own contract: POST /api/webhook/{webhookSecret}."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
