"""Reports of mail services about mails that they took: anymail's views read and check them."""

import re
from functools import cache
from typing import Any
from uuid import UUID

from anymail.exceptions import AnymailConfigurationError
from anymail.signals import RejectReason, tracking
from django.core.exceptions import BadRequest
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from common.transactions import use_case
from notifications.services.receive_mail_report import receive_mail_report

# What anymail's readers raise over a body that isn't their service's.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError)
# The address may take the next mail.
PASSING = {RejectReason.TIMED_OUT, RejectReason.BLOCKED, RejectReason.OTHER}
PASSING_STATUS = re.compile(r"(^|;)\s*4[0-9]{2}\b|\b4\.[0-9]{1,3}\.[0-9]{1,3}\b", re.MULTILINE)


@csrf_exempt
def take_report(request: HttpRequest, service: str) -> HttpResponse:
    """Let the view of a mail service read a report.

    Raises:
        Http404: there is no such service, or it isn't set up here.
        BadRequest: it isn't a report of this service.
    """
    try:
        answer: HttpResponse = reader_of(service)(request)
    except AnymailConfigurationError as error:
        raise Http404 from error
    return answer


@cache
def reader_of(service: str) -> Any:
    """Return anymail's view of a service's reports, which says of what it can't read that it can't.

    Raises:
        Http404
    """
    for path in (f"/{service}/tracking/", f"/{service}/"):
        try:
            view_class: Any = resolve(path, urlconf="anymail.urls").func.view_class  # type: ignore[attr-defined]
        except Resolver404:
            continue
        return type(view_class.__name__, (ReadsOrRefuses, view_class), {}).as_view()  # type: ignore[attr-defined]
    raise Http404


class ReadsOrRefuses:
    """A service's view whose complaints about a body are answered with 400."""

    def parse_events(self, request: HttpRequest) -> Any:
        try:
            return super().parse_events(request)  # type: ignore[misc]
        except UNREADABLE as error:
            raise BadRequest("not a report of this service") from error


@receiver(tracking)
def on_mail_report(event: Any, **_: Any) -> None:
    """Take one report."""
    with use_case():
        receive_mail_report(
            kind=str(event.event_type),
            address=str(event.recipient or ""),
            job_id=_job_id(event.metadata),
            now=timezone.now(),
            is_lasting=is_lasting(event),
        )


def is_lasting(event: Any) -> bool:
    """Tell whether a bounce says something about the address, and not only about that moment."""
    said = f"{event.mta_response or ''}\n{event.description or ''}"
    return event.reject_reason not in PASSING and not PASSING_STATUS.search(said)


def _job_id(metadata: Any) -> UUID | None:
    try:
        return UUID(str((metadata or {}).get("job_id", "")))
    except ValueError:
        return None
