"""The one place where an error becomes `application/problem+json` (RFC 9457)."""

import json
from collections.abc import Iterator
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from common.api.parsers import BodyTooLarge
from common.problems import FieldProblem, InvalidInput, NotAllowed, NotFound, Problem
from common.request_ids import current_request_id

log = structlog.get_logger(__name__)

TITLES = {
    "not_authenticated": "Sign in first.",
    "authentication_failed": "This token or session is not valid.",
    "permission_denied": "You may not do this.",
    "not_found": "Not found.",
    "method_not_allowed": "This method is not allowed here.",
    "unsupported_media_type": "This content type is not understood here.",
    "throttled": "Too many requests. Slow down.",
    "parse_error": "The body is not well-formed.",
    "unavailable": "The service is not available right now.",
}


def render_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer DRF's `EXCEPTION_HANDLER`; what isn't known here is a bug and goes on to become a 500."""
    if isinstance(error, OperationalError | InterfaceError):
        log.error("database.unavailable", error=type(error).__name__)
        return _response("unavailable", 503, TITLES["unavailable"], headers={"Retry-After": "5"})
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, RequestDataTooBig):
        error = BodyTooLarge()
    elif isinstance(error, PermissionDenied):
        error = NotAllowed()
    elif isinstance(error, drf.ValidationError):
        error = InvalidInput(errors=tuple(flatten(error.get_full_details(), "")))
    if isinstance(error, Problem):
        body = problem_body(error)
        return Response(body, status=error.status, headers=error.headers, content_type="application/problem+json")
    if isinstance(error, drf.APIException):
        return _render_framework_error(error)
    return None


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Answer a plain Django view: a program gets JSON, a person a page."""
    if not request.path.startswith("/api/"):
        context = {"status": problem.status, "title": gettext(problem.title), "detail": problem.detail}
        return render(request, "error.html", context | {"request_id": current_request_id()}, status=problem.status)
    return JsonResponse(
        problem_body(problem),
        status=problem.status,
        headers=problem.headers,
        content_type="application/problem+json",
    )


def problem_body(problem: Problem) -> dict[str, Any]:
    """Return the members of RFC 9457 with `code`, and `errors` for bad input."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": gettext(problem.title),
        "status": problem.status,
        "detail": problem.detail,
        "instance": current_request_id(),
        "code": problem.code,
    }
    if problem.errors:
        body["errors"] = [{"pointer": e.pointer, "code": e.code, "detail": str(e.detail)} for e in problem.errors]
    return body | json.loads(json.dumps(problem.extra, cls=JSONEncoder))


def flatten(details: Any, pointer: str) -> Iterator[FieldProblem]:
    """Turn DRF's nested details into JSON Pointers into the body."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield FieldProblem(pointer or "", str(details["code"]), str(details["message"]))
    elif isinstance(details, dict):
        for key, inner in details.items():
            step = "" if key == "non_field_errors" else f"/{str(key).replace('~', '~0').replace('/', '~1')}"
            yield from flatten(inner, pointer + step)
    elif isinstance(details, list):
        leaves = all(isinstance(inner, dict) and set(inner) == {"message", "code"} for inner in details)
        for index, inner in enumerate(details):
            yield from flatten(inner, pointer if leaves else f"{pointer}/{index}")


def _render_framework_error(error: drf.APIException) -> Response:
    code = "throttled" if isinstance(error, drf.Throttled) else str(getattr(error.detail, "code", error.default_code))
    headers: dict[str, str] = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    title = TITLES.get(code, TITLES.get(error.default_code, str(error.default_detail)))
    return _response(code, error.status_code, title, detail=str(error.detail), headers=headers)


def _response(
    code: str, status: int, title: str, *, detail: str = "", headers: dict[str, str] | None = None
) -> Response:
    body = {
        "type": f"/problems/{code}",
        "title": gettext(title),
        "status": status,
        "detail": detail,
        "instance": current_request_id(),
        "code": code,
    }
    return Response(body, status=status, headers=headers, content_type="application/problem+json")
