"""Pages of this app."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from notifications import mail_reports
from notifications.pages import by_link, push_sink, telegram, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read/", views.read_all, name="inbox_read_all"),
    path("inbox/telegram/", views.telegram_link, name="inbox_telegram"),
    path("inbox/preferences/", views.preferences, name="notification_preferences"),
    path("notifications/unsubscribe/<str:token>/", by_link.unsubscribe_by_link, name="unsubscribe"),
    path("notifications/unsubscribe/<str:token>/undo/", by_link.subscribe_again_by_link, name="subscribe_again"),
    path("notifications/settings/<str:token>/", by_link.preferences_by_link, name="notification_settings_by_link"),
    path("telegram/<uuid:bot_id>/", telegram.telegram_update, name="telegram_update"),
    path("push-worker.js", views.push_worker, name="push_worker"),
]

if settings.ANYMAIL.get("WEBHOOK_SECRET"):
    urlpatterns += [
        path("mail-reports/<slug:service>/", mail_reports.take_report, name="mail_reports"),
        path("mail-reports/<slug:service>/tracking/", mail_reports.take_report, name="mail_reports_tracking"),
    ]
if settings.ENVIRONMENT != "production":
    urlpatterns.append(path("dev/push-sink/<slug:name>/", push_sink.browser))
