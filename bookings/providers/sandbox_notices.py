"""Send the sandbox's webhooks to our own door, over HTTP, as another company would."""

import json
from datetime import datetime, timedelta

import httpx
import structlog
from django.conf import settings
from django.urls import reverse

from bookings.models import SandboxNotice
from bookings.providers.sandbox import signing_key

log = structlog.get_logger(__name__)

BATCH = 50
RETRY_SECONDS = 5
TIMEOUT_SECONDS = 10


def send_sandbox_notices(*, now: datetime) -> int:
    """Send what is due; what isn't taken is sent again later. Return how many were taken."""
    return sum(_send(notice, now) for notice in SandboxNotice.objects.due(now).order_by("due_at", "id")[:BATCH])


def _send(notice: SandboxNotice, now: datetime) -> bool:
    claimed = (
        SandboxNotice.objects.due(now)
        .filter(id=notice.id)
        .update(due_at=now + timedelta(seconds=RETRY_SECONDS * (notice.attempts + 1)), attempts=notice.attempts + 1)
    )
    if not claimed:
        return False
    body = json.dumps(notice.body)
    headers = {
        "content-type": "application/json",
        "webhook-id": notice.notice_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signing_key().sign(notice.notice_id, now, body),
    }
    path = reverse("bookings_api:provider_webhook", kwargs={"provider": "sandbox"})
    try:
        answer = httpx.post(f"{settings.PUBLIC_URL}{path}", content=body, headers=headers, timeout=TIMEOUT_SECONDS)
    except httpx.HTTPError as error:
        log.warning("sandbox.notice_not_sent", notice_id=notice.notice_id, error=type(error).__name__)
        return False
    if not answer.is_success:
        log.warning("sandbox.notice_refused", notice_id=notice.notice_id, status=answer.status_code)
        return False
    return bool(SandboxNotice.objects.filter(id=notice.id, sent_at__isnull=True).update(sent_at=now))
