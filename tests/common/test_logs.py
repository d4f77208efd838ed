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


def test_the_filter_keeps_the_record() -> None:
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s: %s", ("Error", "/a/secret/"), None)

    assert WithoutPath().filter(record)
    assert record.getMessage() == "http.failed"
