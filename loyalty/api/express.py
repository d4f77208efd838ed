"""The webhook's short way through the site: past sessions, accounts and messages, which it has no use for.

A shop's webhook proves itself by its secret and signature. The middleware that it is spared costs more than its INSERT.
"""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from common.api.exceptions import problem_response
from common.error_pages import in_own_words, unavailable
from common.problems import Problem
from common.short_way import route_of
from loyalty.api.webhook import webhook

log = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
PREFIX = "/api/webhook/"


class WebhookMiddleware:
    """Answer the shops' webhooks here; hand everything else on."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        secret = request.path_info.removeprefix(PREFIX).removesuffix("/")
        if secret == request.path_info or not secret or "/" in secret:
            return self.get_response(request)
        request.resolver_match = route_of(f"{PREFIX}secret")
        language = _language_of(request)
        if language == translation.get_language():
            return _answer(request, secret)
        with translation.override(language):
            return _answer(request, secret)


def _answer(request: HttpRequest, secret: str) -> HttpResponse:
    try:
        return in_own_words(request, webhook(request, secret))
    except Problem as problem:
        return problem_response(request, problem)
    except (OperationalError, InterfaceError) as error:
        log.error("database.unavailable", error=type(error).__name__)
        return unavailable(request)


def _language_of(request: HttpRequest) -> str:
    """Return the language of problems; most shops ask for none."""
    if "HTTP_ACCEPT_LANGUAGE" not in request.META and "HTTP_COOKIE" not in request.META:
        return settings.LANGUAGE_CODE
    return translation.get_language_from_request(request)
