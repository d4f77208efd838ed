"""The API's document and the two pages that show it, everything from this origin."""

from typing import Any

from csp.decorators import csp_replace
from django.urls import path
from django.views.decorators.cache import cache_page
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

# Swagger UI and Redoc write their styles while they run, Redoc searches in a worker of its own making, and both draw
# small pictures from data. Scripts and connections stay with this origin.
API_PAGES_POLICY: dict[str, Any] = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "worker-src": ["'self'", "blob:"],
    "base-uri": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
# Writing the document takes most of a second; it changes with a new release only.
SCHEMA_CACHE_SECONDS = 60
under_api_pages_policy = csp_replace(API_PAGES_POLICY)

urlpatterns = [
    path("schema/", cache_page(SCHEMA_CACHE_SECONDS)(SpectacularAPIView.as_view()), name="schema"),
    path("docs/", under_api_pages_policy(SpectacularSwaggerSplitView.as_view(url_name="schema")), name="swagger"),
    path("redoc/", under_api_pages_policy(SpectacularRedocView.as_view(url_name="schema")), name="redoc"),
]
