"""Where push messages may be sent: a subscription's address comes from outside, and this server calls it."""

from urllib.parse import urlsplit

from django.conf import settings

# The push services of the browsers: Chrome and Edge on Android, Firefox, Edge, Safari.
SERVICES = ("fcm.googleapis.com", ".push.services.mozilla.com", ".notify.windows.com", ".push.apple.com")
# A subscription to the development sink is kept as a path: the site's own address changes from start to start.
SINK_PATH = "/dev/push-sink/"


def is_allowed(endpoint: str) -> bool:
    """Tell whether an endpoint belongs to a known push service (or, outside production, to the development sink)."""
    if endpoint.startswith(SINK_PATH):
        return bool(settings.ENVIRONMENT != "production")
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").lower()
    is_known = any(host == one or (one.startswith(".") and host.endswith(one)) for one in SERVICES)
    return parts.scheme == "https" and port in (None, 443) and parts.username is None and is_known


def resolved(endpoint: str) -> str:
    """Return the endpoint's full address."""
    return f"{settings.PUBLIC_URL}{endpoint}" if endpoint.startswith("/") else endpoint
