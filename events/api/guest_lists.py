"""A guest's short way to the catalogue: past sessions, accounts, messages and REST framework, which it has no use for.

Most of what is asked for are first pages of lists by somebody who hasn't signed in. What is unusual about a request (a
token, a session, a cursor, facets, a wish that isn't understood, a quota that is spent) goes the long way, which says
the same: `tests/events/api/test_guest_lists.py` holds the two together.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone, translation
from prometheus_client import Histogram
from rest_framework.utils.urls import replace_query_param

from common.api.pagination import Cursor, CursorPagination
from common.api.throttling import limiter, quota_of
from common.callers import caller_network
from common.short_way import as_layers_would
from events.api.cards import card_of
from events.catalogue_cache import LIST_SECONDS, Memory
from events.filters import HOME_ZONE, CatalogueFilter, ordering_of, settled
from events.first_pages import find_first
from events.selectors.cards import read_cards

GetResponse = Callable[[HttpRequest], HttpResponse]
PATH = "/api/v1/events/"
# What these ask for isn't everybody's, or isn't a first page.
LONG_WAY = frozenset({"mine", "status", "facets"})
UNDERSTOOD = frozenset({*CatalogueFilter.base_filters, "page_size"}) - LONG_WAY
SECONDS = Histogram("catalogue_list_seconds", "Lists of guests by the short way.", ["answered_from"])


class GuestListMiddleware:
    """Answer first pages of the catalogue to guests; hand everything else on."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH or not _is_plain(request):
            return self._get_response(request)
        started_at = time.perf_counter()
        with translation.override(translation.get_language_from_request(request)):
            answered = self._answer(request)
            if answered is None:
                return self._get_response(request)
            response, source = answered
            as_layers_would(request, response, allow="GET, POST, HEAD, OPTIONS", vary=("Accept-Language", "Cookie"))
        SECONDS.labels(source).observe(time.perf_counter() - started_at)
        return response

    @staticmethod
    def _answer(request: HttpRequest) -> tuple[HttpResponse, str] | None:
        """Return the answer and where it is from, or None for what only the long way can say."""
        now = timezone.now()
        today = timezone.localdate(now, timezone=ZoneInfo(HOME_ZONE))
        asked = sorted(request.GET.lists())
        # The links to other pages name the host that was asked.
        question = ["guest list", request.build_absolute_uri("/"), translation.get_language(), asked, today]
        memory, source = Memory(question), "cache"
        page_size = CursorPagination.page_size_of(request.GET)
        parsed = CatalogueFilter(request.GET) if memory.found is None else None
        if page_size is None or not (parsed is None or parsed.is_valid()):
            return None
        # Taken when nothing else can send the request the long way, which takes it out of the same quota.
        verdict = limiter.take([quota_of("guest", caller_network(request) or "unknown")], now_seconds=time.time())
        if not verdict.is_allowed:
            return None
        request.rate_limit = verdict  # type: ignore[attr-defined]
        body = memory.found
        if parsed is not None:
            wish = settled(parsed.form.cleaned_data, today=today)
            body = _read(request, wish, request.GET, page_size=page_size, now=now)
            memory.keep(body, seconds=LIST_SECONDS)
            source = "database"
        return HttpResponse(body, content_type="application/json"), source


def _is_plain(request: HttpRequest) -> bool:
    return (
        request.method == "GET"
        and "HTTP_AUTHORIZATION" not in request.META
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        # An indented answer, say.
        and ";" not in request.META.get("HTTP_ACCEPT", "").partition("application/json")[2].partition(",")[0]
        and UNDERSTOOD.issuperset(request.GET)
    )


def _read(request: HttpRequest, wish: dict[str, Any], query: QueryDict, *, page_size: int, now: datetime) -> bytes:
    ordering = ordering_of(query.get("ordering"), searching="q" in wish)
    found = find_first(wish=wish, ordering=ordering, limit=page_size + 1, now=now)
    page = found[:page_size]
    following = None
    if len(found) > page_size:
        cursor = Cursor(ordering, [getattr(page[-1], name.lstrip("-")) for name in ordering], is_backward=False)
        following = str(replace_query_param(request.build_absolute_uri(), "cursor", cursor.encode()))
    cards = [card_of(one) for one in read_cards(found=page, now=now)]
    # Two characters that end a line in JavaScript: REST framework escapes them, so this does.
    written = msgspec.json.encode({"next": following, "previous": None, "results": cards})
    return written.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
