"""Pages (or, under /api/, problems) for what Django refuses by itself."""

import sys
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from common.request_ids import current_request_id

# A page about a failure doesn't look up who reads it, nor what they are still to be told: both may be what has failed.
NOBODY: dict[str, Any] = {"user": None, "messages": ()}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, 400, "bad_request", _("The request could not be understood."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, 403, "permission_denied", _("You may not do this."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, 404, "not_found", _("There is nothing here."))


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    title = _("This page has grown old. Load it again and repeat what you did.")
    return error_response(request, 403, "permission_denied", title)


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    return error_response(request, 405, "method_not_allowed", _("This method is not allowed here."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for what nobody has caught: between the doors and the views that may be a database that is away."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return unavailable(request)
    return error_response(request, 500, "server_error", _("Something broke on our side. It has been noted."))


def in_own_words(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give Django's bare 405 a body; hand every other response on."""
    if not isinstance(response, HttpResponseNotAllowed) or response.content:
        return response
    told = method_not_allowed(request)
    told["Allow"] = response["Allow"]
    return told


def unavailable(request: HttpRequest) -> HttpResponse:
    response = error_response(
        request, 503, "unavailable", _("The service is not available right now. Please try again.")
    )
    response["Retry-After"] = "5"
    return response


def error_response(request: HttpRequest, status: int, code: str, title: str) -> HttpResponse:
    """Answer a program with problem+json and a person with a page that names the request id."""
    if request.path.startswith("/api/"):
        body = {
            "type": f"/problems/{code}",
            "title": title,
            "status": status,
            "detail": "",
            "instance": current_request_id(),
            "code": code,
        }
        return JsonResponse(body, status=status, content_type="application/problem+json")
    context = {
        "status": status,
        "title": title,
        "phrase": HTTPStatus(status).phrase,
        "request_id": current_request_id(),
    }
    return render(request, "error.html", context | (NOBODY if status >= 500 else {}), status=status)
