"""A short way to book: past sessions, accounts, messages and REST framework, which a program's booking has no use for.

Most bookings come with a token, for some seats at full price. What is unusual about a request (a session, a promo code,
points, answers, a body that isn't understood, a token that isn't good, a quota that is spent) goes the long way, which
says the same: `tests/bookings/api/test_short_way.py` holds the two together. The rules are where they always are, in
`hold_seats` and `idempotent`; only what stands around them is spared.
"""

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

import msgspec
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from prometheus_client import Histogram
from rest_framework.response import Response

from accounts.api.authentication import plain_token_of
from accounts.scopes import WRITE
from bookings.api.bookings_by_hand import booking_as_json
from bookings.api.serializers import MAX_SEATS, MOST_TYPES
from bookings.services.hold_seats import hold_seats
from common.api.exceptions import problem_response
from common.api.idempotency import idempotent
from common.api.throttling import limiter, quotas_of
from common.api.versions import with_etag
from common.callers import caller_id
from common.error_pages import unavailable
from common.problems import Problem
from common.short_way import as_layers_would

log = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
PATH = "/api/v1/bookings/"
LARGEST_BYTES = 10_000
SECONDS = Histogram("booking_seconds", "Bookings of programs by the short way.", ["status"])


class WantedItem(msgspec.Struct, forbid_unknown_fields=True):
    """Seats of one ticket type."""

    ticket_type: uuid.UUID
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MAX_SEATS)]


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """A booking at full price: `WantedBookingSerializer` without what few send."""

    event: uuid.UUID
    items: Annotated[list[WantedItem], msgspec.Meta(min_length=1, max_length=MOST_TYPES)]


_decoder = msgspec.json.Decoder(Wanted)


class ShortWayMiddleware:
    """Answer plain bookings of programs; hand everything else on."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH or not _is_plain(request):
            return self._get_response(request)
        started_at = time.perf_counter()
        with translation.override(translation.get_language_from_request(request)):
            response = self._answer(request)
            if response is None:
                return self._get_response(request)
            as_layers_would(request, response, allow="POST, OPTIONS", vary=("Accept-Language",))
        SECONDS.labels(str(response.status_code)).observe(time.perf_counter() - started_at)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse | None:
        """Return the answer, or None for what only the long way can say."""
        # A host that isn't ours is refused before anything is looked up, as on the long way.
        request.get_host()
        wanted = _wanted_in(request)
        if wanted is None:
            return None
        try:
            token = plain_token_of(request, scope=WRITE, now=timezone.now())
            if token is None:
                return None
            # Taken when nothing else can send the request the long way, which takes it out of the same quotas.
            verdict = limiter.take(quotas_of(user=token.user, token=token), now_seconds=time.time())
            if not verdict.is_allowed:
                return None
            request.rate_limit = verdict  # type: ignore[attr-defined]
            request.user = token.user
            return self._hold(request, wanted)
        except Problem as problem:
            return problem_response(request, problem)
        except (OperationalError, InterfaceError) as error:
            log.error("database.unavailable", error=type(error).__name__)
            return unavailable(request)

    @idempotent
    def _hold(self, request: HttpRequest, wanted: Wanted) -> HttpResponse:
        booking = hold_seats(
            user_id=caller_id(request),
            event_id=wanted.event,
            quantities={item.ticket_type: item.quantity for item in wanted.items},
            hold_for=timedelta(seconds=settings.BOOKING_HOLD_SECONDS),
            now=timezone.now(),
        )
        return with_etag(Response(booking_as_json(booking), status=201), booking.version)


def _is_plain(request: HttpRequest) -> bool:
    told = request.META
    return (
        request.method == "POST"
        and "HTTP_AUTHORIZATION" in told
        and not told.get("QUERY_STRING")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and told.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() == "application/json"
        # A body of unknown length is read by the long way, which bounds it.
        and told.get("CONTENT_LENGTH", "").isdecimal()
        and int(told["CONTENT_LENGTH"]) <= min(LARGEST_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    )


def _wanted_in(request: HttpRequest) -> Wanted | None:
    """Return what is wanted, or None when the body says more or less than that."""
    try:
        wanted = _decoder.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return wanted if len({item.ticket_type for item in wanted.items}) == len(wanted.items) else None
