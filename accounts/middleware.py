"""Times on pages are those of whoever looks at them."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

# The API speaks UTC, and the back office says its zone itself.
ELSEWHERE = ("/api/", "/admin/")


class UserZoneMiddleware:
    """Show a signed-in user's pages in their zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(ELSEWHERE) or not request.user.is_authenticated:
            return self._get_response(request)
        with timezone.override(_zone_of(request.user.time_zone)):
            return self._get_response(request)


def _zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
