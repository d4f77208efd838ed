"""Who may set up a second factor in this session, and the secret as a picture."""

from base64 import b32encode
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Authenticator
from accounts.selectors import is_session_younger_than

SESSION_KEY = "may_enrol_until"
OPEN = timedelta(minutes=30)
RECENT = timedelta(minutes=5)


def signed_in_long_ago(request: HttpRequest) -> bool:
    """Tell whether the password must be typed again first: whoever finds an open browser may not bring their phone."""
    since = timezone.now() - RECENT
    return not is_session_younger_than(session_key=request.session.session_key or "", since=since)


def open_enrolment(request: HttpRequest, now: datetime) -> None:
    """Note that the mailed link was opened in this session."""
    request.session[SESSION_KEY] = (now + OPEN).isoformat()


def may_enrol(request: HttpRequest, now: datetime) -> bool:
    """Tell whether this session may set up a second factor: staff need the mailed link, others don't."""
    if not getattr(request.user, "is_staff", True):
        return True
    until = request.session.get(SESSION_KEY)
    return until is not None and now < datetime.fromisoformat(until)


def qr_code(device: Authenticator) -> dict[str, str]:
    """Return the secret for an authenticator app: as a QR code (drawn here, as a data URI) and as text."""
    secret = b32encode(device.key_bytes).decode()
    issuer = settings.OTP_TOTP_ISSUER
    label = quote(f"{issuer}:{device.user.email}")
    address = f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return {"qr": segno.make(address).svg_data_uri(scale=5, border=2, light="#fff"), "secret": grouped}
