"""The shops' webhook: a plain view, because the raw bytes are what is signed and stored."""

import re
import threading
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common.problems import InvalidInput, Problem
from common.rate_limits import Quota, RateLimiter, Verdict
from common.transactions import use_case
from loyalty.api.packs import Packs
from loyalty.api.wakeups import Bell, Waker
from loyalty.formats.reading import understand
from loyalty.formats.understood import Understood
from loyalty.formats.values import clean_text
from loyalty.metrics import WEBHOOK_SECONDS, WEBHOOKS
from loyalty.models import Project
from loyalty.services.identify_sender import check_signature, find_door
from loyalty.services.process_deliveries import process_now
from loyalty.services.receive_webhook import (
    CONFLICT,
    OrderAmountChanged,
    RawWebhook,
    Receipt,
    receive_at_once,
    receive_webhook,
)
from loyalty.services.refund_purchase import RefundChanged

LARGEST_BODY = 5 * 1024 * 1024
# What is kept of the headers: nothing that proves who the sender is.
KEPT_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp", "x-request-id")
# All that are read, by where WSGI has put them.
HEADERS = {"content-type": "CONTENT_TYPE"} | {
    name: f"HTTP_{name.upper().replace('-', '_')}"
    for name in (*KEPT_HEADERS[1:], "webhook-signature", "x-signature", "prefer")
}
WEBHOOK_ID = re.compile(r"[\x21-\x7e]{1,255}")
PREFER_WAIT = re.compile(r"(?:^|[\s,;])wait\s*=\s*([0-9]{1,3})(?:$|[\s,;])", re.IGNORECASE)
LONGEST_WAIT_SECONDS = 5
MOST_WAITING = 2

# Storing a webhook never waits for Redis longer than this.
limiter = RateLimiter("webhook", timeout_seconds=0.005)
_packs = Packs()
_waker = Waker(Bell().ring)
_places = threading.BoundedSemaphore(MOST_WAITING)


class BodyTooLarge(Problem):
    """The body is larger than 5 MB."""

    code = "body_too_large"
    status = 413
    title = "The body is larger than 5 MB."


class EncodedBody(Problem):
    """The body is compressed or otherwise encoded: its size and its signature could not be trusted."""

    code = "encoded_body"
    status = 415
    title = "Send the body without Content-Encoding."


class TooManyWebhooks(Problem):
    """The project has sent more webhooks in the last minute than it may."""

    code = "too_many_webhooks"
    status = 429
    title = "Too many webhooks in a minute. Slow down, or send batches."


@csrf_exempt
@require_POST
@WEBHOOK_SECONDS.time()
def webhook(request: HttpRequest, secret: str) -> HttpResponse:
    """Recognise, read, verify, understand, count, store, answer: in this order, so that nothing unproven costs much."""
    now = timezone.now()
    door = find_door(secret=secret, now=now)
    project = door.project
    body = _read_body(request)
    headers = {name: request.META[key] for name, key in HEADERS.items() if key in request.META}
    raw = RawWebhook(
        body=body,
        headers={name: clean_text(headers[name], longest=500) for name in KEPT_HEADERS if name in headers},
        webhook_id=_webhook_id(headers.get("webhook-id", "")),
        signed_with=check_signature(door=door, headers=headers, body=body, now=now),
    )
    understood = understand(
        body=body,
        content_type=headers.get("content-type", ""),
        region=project.default_region,
        names=project.field_names,
        with_details=False,
    )
    is_tilda = understood.format == "tilda"
    verdict = _count(project, understood, now)
    # The middleware tells the sender how it stands, whatever the answer is.
    request.rate_limit = verdict  # type: ignore[attr-defined]
    # Tilda gives up after two more tries: its orders are taken in and wait for their turn.
    if not verdict.is_allowed and not is_tilda:
        raise TooManyWebhooks(headers={"Retry-After": str(verdict.wait_seconds)})
    receipt = _stored(project, understood, raw, now)
    records = _wait_for(receipt, headers.get("prefer", "")) if receipt.needs_work else None
    if receipt.needs_work and records is None and verdict.is_shared:
        _waker.wake()
    WEBHOOKS.labels(project=str(project.id), outcome=receipt.status).inc()
    response = _answer(receipt, records, understood)
    # The webhook's row says more than a line could.
    response.is_on_record = True  # type: ignore[attr-defined]
    return response


def _stored(project: Project, understood: Understood, raw: RawWebhook, now: datetime) -> Receipt:
    receipt = receive_at_once(project=project, understood=understood, raw=raw, now=now)
    if receipt is None:
        with use_case():
            receipt = receive_webhook(project=project, understood=understood, raw=raw, now=now)
    return receipt


def _count(project: Project, understood: Understood, now: datetime) -> Verdict:
    """Count the request; a batch counts its records besides."""
    caller = str(project.id)
    request = Quota("webhook", caller, project.rate_limit_per_minute, 60)
    if understood.action != "batch_purchase":
        return _packs.take(limiter, request, now_seconds=now.timestamp())
    cost = max(1, len(understood.purchases))
    records = Quota("record", caller, project.record_limit_per_minute, 60, cost=cost)
    return limiter.take([request, records], now_seconds=now.timestamp())


def _read_body(request: HttpRequest) -> bytes:
    """Return the raw body; read here, because this path's limit isn't that of forms.

    Raises:
        BodyTooLarge, EncodedBody
    """
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise EncodedBody
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    if announced.isdecimal() and int(announced[:20]) > LARGEST_BODY:
        raise BodyTooLarge
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise BodyTooLarge
    return body


def _webhook_id(given: str) -> str:
    if given and not WEBHOOK_ID.fullmatch(given):
        raise InvalidInput("webhook-id must be 1 to 255 visible ASCII characters.")
    return given


def _wait_for(receipt: Receipt, prefer: str) -> list[dict[str, Any]] | None:
    """Process the webhook now if its sender asks for it and this process has a place free; else return None."""
    asked = PREFER_WAIT.search(prefer)
    if asked is None or not _places.acquire(blocking=False):
        return None
    try:
        seconds = min(max(int(asked[1]), 1), LONGEST_WAIT_SECONDS)
        return process_now(delivery_id=receipt.delivery_id, clock=timezone.now, wait_seconds=seconds)
    finally:
        _places.release()


def _answer(receipt: Receipt, records: list[dict[str, Any]] | None, understood: Understood) -> HttpResponse:
    if understood.format == "tilda":
        return HttpResponse("ok", content_type="text/plain; charset=utf-8")
    if receipt.status == CONFLICT:
        changed = RefundChanged if understood.returned else OrderAmountChanged
        raise changed(webhookId=receipt.answer["webhookId"])
    if records is None:
        return _json(receipt.answer)
    response = _json(receipt.answer | {"status": "processed", "records": records})
    response["Preference-Applied"] = "wait"
    return response


def _json(answer: dict[str, Any]) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(answer), content_type="application/json")
