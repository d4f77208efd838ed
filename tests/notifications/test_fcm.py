"""Pushes to apps, against a server that speaks as Google's do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from rest_framework.test import APIClient

from notifications.channels import push
from notifications.channels.fcm import AppPushes, SignIns
from notifications.models import ContactPoint, NotificationJob
from tests.factories.accounts import bearer, make_user
from tests.factories.notifications import make_job, make_recipient, make_template
from tests.notifications.conftest import open_bucket
from tests.notifications.fcm_server import FcmServer, error, fcm_server
from tests.notifications.flow import send

pytestmark = pytest.mark.django_db
URL = "/api/v1/me/app-push-tokens/"
TOKEN = "fMEpq0uVTzq:APA91bHPRgkF3JUikC4ENAHEeMrd41Zxv3hVZjC9KtT8OvPVGJ"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A process that hasn't signed in yet, and its clock."""
    clock = Clock()
    sign_ins = SignIns(clock)
    monkeypatch.setattr(push, "AppPushes", lambda client: AppPushes(client, sign_ins))
    return clock


@pytest.fixture
def fcm(settings: Any, tmp_path: Path, clock: Clock) -> Iterator[FcmServer]:
    with fcm_server() as server:
        server.write_account(tmp_path / "account.json")
        settings.FCM_SERVICE_ACCOUNT_FILE = str(tmp_path / "account.json")
        settings.FCM_API_URL = server.url
        open_bucket(urlsplit(server.url).port or 0)
        yield server


def app_job(*devices: str) -> NotificationJob:
    recipient = make_recipient(email=None)
    for device in devices:
        ContactPoint.objects.create(recipient=recipient, channel="push", address=f"fcm:{device}")
    template = make_template(channels=("push",))
    return make_job(recipient=recipient, channel="push", template_code=template.code)


def status_of(job: NotificationJob) -> tuple[str, str]:
    job.refresh_from_db()
    return job.status, job.reason


class TestAppPushes:
    def test_reach_the_app_signed_in_once_for_many(self, fcm: FcmServer) -> None:
        jobs = [app_job("one"), app_job("two")]

        send([job.id for job in jobs])

        assert [status_of(job) for job in jobs] == [("sent", "")] * 2
        assert {one["token"] for one in fcm.messages} == {"one", "two"}
        assert {one["android"]["notification"]["tag"] for one in fcm.messages} == {str(job.id) for job in jobs}
        assert all(one["notification"]["title"].startswith("Subject of") for one in fcm.messages)
        assert jobs[0].provider_message_id.startswith("projects/aquastream-test/messages/")
        assert fcm.sign_ins == 1

    def test_sign_in_anew_before_the_token_ends(self, fcm: FcmServer, clock: Clock) -> None:
        for seconds in (0, 3000, 3600):
            clock.now = 1_800_000_000.0 + seconds
            send([app_job("one").id])

        assert (fcm.sign_ins, len(fcm.messages)) == (2, 3)

    def test_sign_in_anew_when_the_token_is_refused(self, fcm: FcmServer) -> None:
        send([app_job("one").id])
        fcm.access_token = "ya29.second"
        job = app_job("one")

        send([job.id])
        assert status_of(job) == ("failed", "temporary_refusal")
        assert job.next_attempt_at is not None
        send([job.id], now=job.next_attempt_at)

        assert status_of(job) == ("sent", "")
        assert fcm.sign_ins == 2

    @pytest.mark.parametrize(
        "answer",
        [(404, error(404, "NOT_FOUND", "UNREGISTERED"), {}), (403, error(403, "DENIED", "SENDER_ID_MISMATCH"), {})],
    )
    def test_switch_off_an_app_that_is_gone(self, fcm: FcmServer, answer: Any) -> None:
        fcm.answers = [answer]
        job = app_job("one")

        send([job.id])

        assert status_of(job) == ("undeliverable", "refused")
        assert ContactPoint.objects.get().switched_off_reason.startswith("FCM: ")

    @pytest.mark.parametrize(
        ("status", "name", "code"),
        [(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), (503, "UNAVAILABLE", "UNAVAILABLE"), (500, "INTERNAL", "")],
    )
    def test_come_again_when_they_are_asked_to(self, fcm: FcmServer, status: int, name: str, code: str) -> None:
        fcm.answers = [(status, error(status, name, code), {"Retry-After": "600"})]
        job = app_job("one")

        send([job.id])

        assert status_of(job) == ("failed", "temporary_refusal")
        assert job.next_attempt_at is not None
        assert (job.next_attempt_at - job.created_at).total_seconds() >= 600

    def test_give_up_what_is_called_wrong(self, fcm: FcmServer) -> None:
        fcm.answers = [(400, error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), {})]
        job = app_job("one")

        send([job.id])

        assert status_of(job) == ("dead", "refused")
        assert ContactPoint.objects.get().switched_off_at is None

    def test_reach_the_other_app_when_one_is_gone(self, fcm: FcmServer) -> None:
        fcm.removed = {"gone"}
        job = app_job("gone", "here")

        send([job.id])

        assert status_of(job) == ("sent", "")
        assert [one["token"] for one in fcm.messages] == ["here"]
        assert ContactPoint.objects.active().get().address == "fcm:here"

    def test_wait_while_signing_in_is_refused(self, fcm: FcmServer, tmp_path: Path, settings: Any) -> None:
        stranger = FcmServer()
        stranger.url = fcm.url
        stranger.write_account(tmp_path / "stranger.json")
        settings.FCM_SERVICE_ACCOUNT_FILE = str(tmp_path / "stranger.json")
        job = app_job("one")

        send([job.id])

        assert status_of(job) == ("failed", "temporary_refusal")
        assert "invalid_grant" in job.last_error
        assert fcm.messages == []


class TestAppTokens:
    def test_are_kept_listed_and_removed(self, api: APIClient, fcm: FcmServer) -> None:
        user = make_user()
        api.credentials(**bearer(user))

        answers = [api.post(URL, {"token": TOKEN}) for _ in range(2)]
        listed = api.get("/api/v1/me/push-subscriptions/").json()
        removed = api.delete(f"/api/v1/me/push-subscriptions/{listed[0]['id']}/")

        assert [answer.status_code for answer in answers] == [201, 201]
        assert len(listed) == 1
        assert removed.status_code == 204
        assert not ContactPoint.objects.filter(channel="push").exists()

    def test_go_over_to_who_signs_in_next(self, api: APIClient, fcm: FcmServer) -> None:
        users = [make_user(), make_user()]
        for user in users:
            api.credentials(**bearer(user))
            api.post(URL, {"token": TOKEN})

        assert ContactPoint.objects.get(channel="push").recipient.external_id == users[1].id

    def test_are_refused_where_fcm_is_not_set_up(self, api: APIClient) -> None:
        api.credentials(**bearer(make_user()))

        answer = api.post(URL, {"token": TOKEN})

        assert (answer.status_code, answer.json()["code"]) == (409, "app_pushes_off")

    @pytest.mark.parametrize("body", [{}, {"token": ""}, {"token": "a b"}, {"token": 7}])
    def test_are_refused_when_they_are_none(self, api: APIClient, fcm: FcmServer, body: Any) -> None:
        api.credentials(**bearer(make_user()))

        answer = api.post(URL, body)

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/token"
