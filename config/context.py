"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """Return the addresses a page may need."""
    return {"PUBLIC_URL": settings.PUBLIC_URL, "CHAT_URL": settings.CHAT_URL}
