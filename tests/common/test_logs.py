import json
import logging

import pytest
from django.test import Client
from django.urls import path

from config.logs import WithoutPath, configure


def explode(request: object, secret: str) -> None:
    password = secret  # noqa: F841  (a local variable that no log may show)
    raise ZeroDivisionError("boom")


urlpatterns = [path("explode/<str:secret>/", explode)]


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_a_failure_is_logged_without_its_path_and_its_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    try:
        Client(raise_request_exception=False).get("/explode/whsec-hidden/")
    finally:
        written = capsys.readouterr().err
        configure(as_json=False)

    failures = [line for line in map(json.loads, written.splitlines()) if line["event"] == "http.failed"]
    assert failures[0]["exception"][0]["exc_value"] == "boom"
    assert "whsec-hidden" not in written


@pytest.mark.parametrize(
    ("headers", "path", "logger"),
    [
        ({"Host": "evil.example"}, "/", "django.security.DisallowedHost"),
        ({}, "/media/..%2f..%2fetc%2fpasswd", "django.security.SuspiciousFileOperation"),
    ],
)
@pytest.mark.django_db
def test_a_suspicious_request_is_one_line_that_repeats_nothing_of_it(
    capsys: pytest.CaptureFixture[str], headers: dict[str, str], path: str, logger: str
) -> None:
    configure(as_json=True)
    try:
        answer = Client(raise_request_exception=False).get(path, headers=headers)
    finally:
        written = capsys.readouterr().err
        configure(as_json=False)

    lines = [json.loads(line) for line in written.splitlines()]
    refused = [line for line in lines if line["event"] == "http.refused"]
    assert answer.status_code == 400
    assert [(line["logger"], line["level"], "exception" in line) for line in refused] == [(logger, "warning", False)]
    assert [line["level"] for line in lines if line not in refused] == ["info"]
    assert "evil.example" not in written
    assert "passwd" not in written


def test_the_filter_keeps_the_record() -> None:
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s: %s", ("Error", "/a/secret/"), None)

    assert WithoutPath().filter(record)
    assert record.getMessage() == "http.failed"
