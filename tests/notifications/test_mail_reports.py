"""The door for mail services' reports."""

import json
from base64 import b64encode
from typing import Any

import pytest
from anymail.exceptions import AnymailWebhookValidationFailure
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from notifications.mail_reports import reader_of, take_report
from notifications.models import Suppression

pytestmark = pytest.mark.django_db
SECRET = "user:password"
SHOWN = f"Basic {b64encode(SECRET.encode()).decode()}"


@pytest.fixture(autouse=True)
def secret(settings: Any) -> Any:
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    reader_of.cache_clear()
    yield
    reader_of.cache_clear()


def report(body: bytes, *, service: str = "postmark", shown: str = SHOWN) -> HttpResponse:
    headers = {"authorization": shown} if shown else {}
    request = RequestFactory().post("/mail-reports/", body, content_type="application/json", headers=headers)
    return take_report(request, service)


def bounce(details: str = "smtp;550 5.1.1 no such user", **fields: Any) -> bytes:
    event = {"RecordType": "Bounce", "Type": "HardBounce", "Email": "anna@example.com", "Details": details}
    return json.dumps(event | {"BouncedAt": "2026-11-22T03:00:00Z"} | fields).encode()


class TestTakeReport:
    def test_keeps_an_address_that_was_refused_for_good_from_mails(self) -> None:
        answer = report(bounce())

        assert answer.status_code == 200
        assert Suppression.objects.get().reason == "bounce"

    @pytest.mark.parametrize(
        "details", ["smtp;452 4.2.2 mailbox full", "421 too many connections", "delayed: 4.7.1 greylisted"]
    )
    def test_lets_an_address_have_the_next_mail_after_a_passing_refusal(self, details: str) -> None:
        assert report(bounce(details, Type="SoftBounce")).status_code == 200

        assert not Suppression.objects.exists()

    @pytest.mark.parametrize("body", [b"", b"xx", b"[1]", b"null", bounce(BouncedAt=5), b"\xff"])
    def test_refuses_what_is_no_report(self, body: bytes) -> None:
        with pytest.raises(BadRequest):
            report(body)

    @pytest.mark.parametrize("shown", ["", "Basic eDp5"])
    def test_believes_nobody_without_the_secret(self, shown: str) -> None:
        with pytest.raises(AnymailWebhookValidationFailure):
            report(bounce(), shown=shown)

        assert not Suppression.objects.exists()

    @pytest.mark.parametrize("service", ["mailgun", "nobody", "admin"])
    def test_knows_no_service_that_is_not_set_up(self, service: str) -> None:
        with pytest.raises(Http404):
            report(bounce(), service=service)
