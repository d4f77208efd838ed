"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from notifications.live import topic_of


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the addresses a page may need, and what it may follow live (for pages of somebody who is signed in)."""
    return {
        "PUBLIC_URL": settings.PUBLIC_URL,
        "CHAT_URL": settings.CHAT_URL,
        # Called by the template that needs it: others don't look at who is signed in.
        "inbox_topic": lambda: topic_of(request.user.pk) if request.user.pk else "",
    }
