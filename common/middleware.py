"""Request ids, the request's log line, its metrics, and problem+json for what fails under /api/."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import structlog
from csp.constants import HEADER, HEADER_REPORT_ONLY
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.functional import empty
from django_prometheus.middleware import PrometheusAfterMiddleware

from common.api.exceptions import problem_response
from common.error_pages import in_own_words, unavailable
from common.problems import Problem
from common.request_ids import begin_request

log = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
QUIET_PATHS = ("/healthz", "/readyz", "/metrics", "/static/")


class RequestIdMiddleware:
    """Give each request an id, answer with it, and log one line about it.

    A view whose requests are rows of a log already says so by `is_on_record` on its answer.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Not by `headers`, which is made of all that the request brings.
        request_id = begin_request(request.META.get("HTTP_X_REQUEST_ID", ""))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        request.request_id = request_id  # type: ignore[attr-defined]
        started_at = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        if not (request.path.startswith(QUIET_PATHS) or getattr(response, "is_on_record", False)):
            self._log(request, response, time.perf_counter() - started_at)
        return response

    @staticmethod
    def _log(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        # The route, never the path: paths carry secrets (webhooks, unsubscribe links).
        route = request.resolver_match.route if request.resolver_match else "unresolved"
        log.info(
            "http.request",
            method=request.method,
            route=route,
            status=response.status_code,
            duration_ms=round(seconds * 1000, 1),
            user_id=_known_user_id(request),
        )


class MetricsMiddleware(PrometheusAfterMiddleware):
    """django-prometheus's metrics; a method that HTTP doesn't know makes no series of its own."""

    def label_metric(
        self, metric: Any, request: HttpRequest, response: HttpResponse | None = None, **labels: str
    ) -> Any:
        if "method" in labels:
            labels["method"] = self._method(request)
        return super().label_metric(metric, request, response, **labels)


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp's, with the policy of most answers written once: each view may still say its own by a decorator."""

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        parts = asdict(self.get_policy_parts(HttpRequest(), HttpResponse()))
        written = {HEADER: build_policy(**parts), HEADER_REPORT_ONLY: build_policy(**parts, report_only=True)}
        self._usual = {header: policy for header, policy in written.items() if policy}

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        # What its decorators leave on an answer, and the nonce on a request, begins so.
        if any(name.startswith("_csp_") for told in (request, response) for name in vars(told)):
            return super().process_response(request, response)
        for header, policy in self._usual.items():
            response.headers.setdefault(header, policy)
        return response


class RateLimitMiddleware:
    """Tell the caller how its quotas stand, whatever the answer is."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        verdict = getattr(request, "rate_limit", None)
        if verdict is not None:
            for name, value in verdict.headers.items():
                response[name] = value
        return response


class ProblemMiddleware:
    """Render a Problem raised by a plain view or page, 503 when the database is away, and Django's bare 405."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return in_own_words(request, self.get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Problem):
            return problem_response(request, exception)
        if isinstance(exception, OperationalError | InterfaceError):
            log.error("database.unavailable", error=type(exception).__name__)
            return unavailable(request)
        return None


def _known_user_id(request: HttpRequest) -> str | None:
    """Return who is asking if somebody has looked that up: a log line asks no database, which may be away."""
    user = getattr(request, "user", None)
    if user is None or getattr(user, "_wrapped", user) is empty:
        return None
    return str(user.pk) if user.is_authenticated else None
