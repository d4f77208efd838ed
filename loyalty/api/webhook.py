"""The shops' webhook: a plain view, because the raw bytes are what is signed and stored."""

import re
import time

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bus.wakeup import queue_task
from common.problems import InvalidInput, Problem
from common.transactions import use_case
from loyalty.formats.reading import understand
from loyalty.metrics import WEBHOOK_SECONDS, WEBHOOKS
from loyalty.secrets_of_shops import digest_of
from loyalty.services.identify_sender import check_signature, find_project
from loyalty.services.receive_webhook import CONFLICT, OrderAmountChanged, RawWebhook, Receipt, receive_webhook
from loyalty.webhook_limit import Spent, limiter

LARGEST_BODY = 5 * 1024 * 1024
# What is kept of the headers: nothing that proves who the sender is.
KEPT_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp", "x-request-id")
WEBHOOK_ID = re.compile(r"[\x21-\x7e]{1,255}")
WAKE_EVERY_SECONDS = 0.1


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
    """Count, recognise, read, verify, understand, store, answer: in this order, so that nothing unproven costs much."""
    now = timezone.now()
    spent = limiter.count(digest_of(secret), now_seconds=now.timestamp())
    project = find_project(secret=secret, now=now)
    body = _read_body(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    raw = RawWebhook(
        body=body,
        headers={name: headers[name][:500] for name in KEPT_HEADERS if name in headers},
        webhook_id=_webhook_id(headers.get("webhook-id", "")),
        signed_with=check_signature(project=project, headers=headers, body=body, now=now),
    )
    understood = understand(body=body, content_type=headers.get("content-type", ""), region=project.default_region)
    is_tilda = understood.format == "tilda"
    # Tilda gives up after two more tries: its orders are taken in and wait for their turn.
    if spent.exceeds(project.rate_limit_per_minute) and not is_tilda:
        raise TooManyWebhooks(headers=_rate_headers(spent, project.rate_limit_per_minute))
    with use_case():
        receipt = receive_webhook(project=project, understood=understood, raw=raw, now=now)
    if receipt.needs_work and spent.is_shared:
        _waker.wake()
    WEBHOOKS.labels(project=str(project.id), outcome=receipt.status).inc()
    response = _answer(receipt, is_tilda=is_tilda)
    for name, value in _rate_headers(spent, project.rate_limit_per_minute, refused=False).items():
        response[name] = value
    return response


def _read_body(request: HttpRequest) -> bytes:
    """Return the raw body; read here, because this path's limit isn't that of forms.

    Raises:
        BodyTooLarge, EncodedBody
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
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


def _answer(receipt: Receipt, *, is_tilda: bool) -> HttpResponse:
    if is_tilda:
        return HttpResponse("ok", content_type="text/plain; charset=utf-8")
    if receipt.status == CONFLICT:
        raise OrderAmountChanged(webhookId=receipt.answer["webhookId"])
    return JsonResponse(receipt.answer)


def _rate_headers(spent: Spent, limit: int, *, refused: bool = True) -> dict[str, str]:
    headers = {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(max(0, limit - spent.requests)),
        "RateLimit-Reset": str(spent.seconds_left),
    }
    return headers | {"Retry-After": str(spent.seconds_left)} if refused else headers


class _Waker:
    """Wakes workers at most ten times a second; a wake-up that is left out is made good by the clock."""

    def __init__(self) -> None:
        self._next_at = 0.0

    def wake(self) -> None:
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + WAKE_EVERY_SECONDS
            queue_task("loyalty.process_webhooks", [], queue="webhooks")


_waker = _Waker()
