"""What a short way past the site's layers says in their place."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers


def as_layers_would(request: HttpRequest, response: HttpResponse, *, allow: str, vary: tuple[str, ...]) -> HttpResponse:
    """Return the answer with the headers that the layers passed by would have set, and tell the log its route.

    Call it while the reader's language is active.
    """
    request.resolver_match = route_of(request.path_info)
    patch_vary_headers(response, vary)
    response["Content-Language"] = translation.get_language()
    response["X-Frame-Options"] = settings.X_FRAME_OPTIONS
    response["Allow"] = allow
    response["Content-Length"] = str(len(response.content))
    return response


@cache
def route_of(path: str) -> ResolverMatch:
    """Return the route of a path that is always the same one."""
    return resolve(path)
