"""Every door of the web process; probes are answered before (config.health)."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

API = [
    path("", include("accounts.api.urls")),
    path("", include("events.api.urls")),
    path("", include("bookings.api.urls")),
    path("", include("reviews.api.urls")),
    path("", include("notifications.api.urls")),
    path("", include("loyalty.api.urls")),
    path("", include("messaging.api.urls")),
    path("", include("analytics.api.urls")),
]

PAGES = [
    path("", include("accounts.pages.urls")),
    path("", include("events.pages.urls")),
    path("", include("bookings.pages.urls")),
    path("", include("reviews.pages.urls")),
    path("", include("notifications.pages.urls")),
    path("", include("loyalty.pages.urls")),
    path("", include("messaging.pages.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(API)),
    path("api/", include("config.api_pages")),
    # The shops' webhook keeps the path of its own contract.
    path("api/", include("loyalty.webhook_urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("accounts.headless_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    *PAGES,
]

if settings.ENVIRONMENT != "production":
    from django.views.static import serve

    urlpatterns.append(path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}))

handler400 = "common.error_pages.bad_request"
handler403 = "common.error_pages.forbidden"
handler404 = "common.error_pages.not_found"
handler500 = "common.error_pages.server_error"
