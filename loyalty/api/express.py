"""The webhook's short way through the site: past sessions, accounts and messages, which it has no use for.

A shop's webhook proves itself by its secret and signature. The middleware that it is spared costs more than its INSERT.
"""

from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation

from common.api.exceptions import problem_response
from common.error_pages import in_own_words, unavailable
from common.problems import Problem

log = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
PREFIX = "/api/webhook/"


class WebhookMiddleware:
    """Answer the shops' webhooks here; hand everything else on."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        match = resolve(request.path_info)
        request.resolver_match = match
        with translation.override(translation.get_language_from_request(request)):
            try:
                return in_own_words(request, match.func(request, *match.args, **match.kwargs))
            except Problem as problem:
                return problem_response(request, problem)
            except (OperationalError, InterfaceError) as error:
                log.error("database.unavailable", error=type(error).__name__)
                return unavailable(request)
