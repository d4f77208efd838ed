"""The API's document and the two pages that show it, everything from this origin."""

from functools import cache
from importlib import resources
from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import path
from django.views.decorators.cache import cache_control, cache_page
from django.views.decorators.gzip import gzip_page
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
SCRIPT_CACHE_SECONDS = 86_400
under_api_pages_policy = csp_replace(API_PAGES_POLICY)

REDOCS_SCRIPT = "static/drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"
REDOCS_MARK = b"https://cdn.redoc.ly/redoc/logo-mini.svg"


@cache
def redoc_source() -> bytes:
    """Return Redoc's script with our own mark: its own would be asked for from another origin."""
    script = resources.files("drf_spectacular_sidecar").joinpath(REDOCS_SCRIPT).read_bytes()
    return script.replace(REDOCS_MARK, static("img/mark.svg").encode())


@cache_control(public=True, max_age=SCRIPT_CACHE_SECONDS)
@gzip_page
def redoc_script(request: HttpRequest) -> HttpResponse:
    return HttpResponse(redoc_source(), content_type="text/javascript; charset=utf-8")


urlpatterns = [
    path("redoc/redoc.js", redoc_script, name="redoc-script"),
    path("schema/", cache_page(SCHEMA_CACHE_SECONDS)(SpectacularAPIView.as_view()), name="schema"),
    path("docs/", under_api_pages_policy(SpectacularSwaggerSplitView.as_view(url_name="schema")), name="swagger"),
    path("redoc/", under_api_pages_policy(SpectacularRedocView.as_view(url_name="schema")), name="redoc"),
]
