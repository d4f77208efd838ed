"""The push channel against a server that speaks HTTP like a push service, and the development sink."""

import time
import uuid
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from common.transactions import use_case
from notifications.limits.buckets import Buckets
from notifications.models import ContactPoint, NotificationJob, VapidKey
from notifications.push_endpoints import is_allowed
from notifications.push_sink import UnreadablePush, make_browser, receive, received
from notifications.services.make_vapid_key import make_vapid_key
from notifications.services.save_push_subscription import MOST_PER_USER, TooManySubscriptions, save_push_subscription
from tests.factories.accounts import bearer, make_user
from tests.factories.notifications import make_job, make_recipient, make_template
from tests.notifications.conftest import PushService
from tests.notifications.flow import send

pytestmark = pytest.mark.django_db
URL = "/api/v1/me/push-subscriptions/"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.STORAGE_FOLDER = tmp_path


def push_job(*browsers: str) -> NotificationJob:
    """A queued push to the browsers of one recipient."""
    recipient = make_recipient(email=None)
    for browser in browsers:
        ContactPoint.objects.create(
            recipient=recipient, channel="push", address=f"/dev/push-sink/{browser}/", keys=make_browser(browser)
        )
    template = make_template(channels=("push",))
    return make_job(recipient=recipient, channel="push", template_code=template.code)


def status_of(job: NotificationJob) -> tuple[str, str]:
    job.refresh_from_db()
    return job.status, job.reason


class TestPushChannel:
    def test_is_read_by_the_browser_it_was_encrypted_for_and_no_other(self, push_service: PushService) -> None:
        job = push_job("anna", "boris")

        send([job.id])

        assert status_of(job) == ("sent", "")
        for path, headers, body in push_service.received:
            name = path.strip("/").rpartition("/")[2]
            receive(name, body=body, headers=headers)
            other = {"anna": "boris", "boris": "anna"}[name]
            with pytest.raises(UnreadablePush):
                receive(other, body=body, headers=headers)
        assert received("anna")[0]["message"]["tag"] == str(job.id)
        assert received("anna")[0]["message"]["title"].startswith("Subject of")

    def test_signs_with_the_key_of_this_installation(self, push_service: PushService) -> None:
        job = push_job("anna")

        send([job.id])

        [(_, headers, _)] = push_service.received
        assert headers["authorization"].startswith("vapid t=")
        assert VapidKey.objects.get().public_key in headers["authorization"]

    @pytest.mark.parametrize("answer", [404, 410])
    def test_switches_a_dead_subscription_off(self, push_service: PushService, answer: int) -> None:
        push_service.answers["anna"] = answer
        job = push_job("anna")

        send([job.id])

        assert status_of(job) == ("undeliverable", "refused")
        assert ContactPoint.objects.get().switched_off_reason == f"push service: {answer}"

    @pytest.mark.parametrize("answer", [429, 500, 503])
    def test_tries_again_later(self, push_service: PushService, answer: int) -> None:
        push_service.answers["anna"] = answer
        push_service.headers["Retry-After"] = "600"
        job = push_job("anna")

        send([job.id])

        assert status_of(job) == ("failed", "temporary_refusal")
        assert job.next_attempt_at is not None
        assert (job.next_attempt_at - job.created_at).total_seconds() >= 600

    def test_leaves_a_service_alone_for_as_long_as_it_has_said(self, push_service: PushService) -> None:
        push_service.answers["anna"] = 429
        push_service.headers["Retry-After"] = "600"
        first, second = push_job("anna"), push_job("boris")

        send([first.id, second.id])

        assert (status_of(first), status_of(second)) == (("failed", "temporary_refusal"), ("deferred", "too_many"))
        assert (push_service.asked, second.attempts) == (["anna"], 0)
        assert second.next_attempt_at is not None
        assert 590 < (second.next_attempt_at - second.created_at).total_seconds() < 660

    def test_goes_to_the_browsers_of_other_services_meanwhile(self, push_service: PushService) -> None:
        job = push_job("anna")
        busy = f"{uuid.uuid4()}.push.apple.com"
        ContactPoint.objects.create(recipient=job.recipient, channel="push", address=f"https://{busy}/x")
        Buckets(time.time).close_for(f"push:{busy}", seconds=600)

        send([job.id])

        assert status_of(job) == ("failed", "temporary_refusal")
        assert push_service.asked == ["anna"]
        assert job.reached == [str(ContactPoint.objects.get(address__contains="anna").id)]
        assert job.next_attempt_at is not None
        assert (job.next_attempt_at - job.created_at).total_seconds() > 590

    def test_reaches_each_browser_once_when_one_of_them_had_to_be_tried_again(self, push_service: PushService) -> None:
        push_service.answers["boris"] = 503
        job = push_job("anna", "boris")
        send([job.id])
        assert status_of(job) == ("failed", "temporary_refusal")

        push_service.answers.clear()
        assert job.next_attempt_at is not None
        send([job.id], now=job.next_attempt_at)

        assert status_of(job)[0] == "sent"
        assert sorted(path for path, _, _ in push_service.received) == ["/dev/push-sink/anna/", "/dev/push-sink/boris/"]

    def test_gives_up_what_the_service_calls_wrong(self, push_service: PushService) -> None:
        push_service.answers["anna"] = 413
        job = push_job("anna")

        send([job.id])

        assert status_of(job) == ("dead", "refused")

    def test_does_not_wait_for_a_browser_that_nobody_has_named(self) -> None:
        job = push_job()

        send([job.id])

        assert status_of(job) == ("undeliverable", "not_subscribed")

    def test_never_calls_another_server(self) -> None:
        job = push_job("anna")
        ContactPoint.objects.update(address="https://127.0.0.1/fcm.googleapis.com/")

        send([job.id])

        assert status_of(job) == ("undeliverable", "refused")


class TestEndpoints:
    @pytest.mark.parametrize(
        "endpoint",
        [
            ENDPOINT,
            "https://updates.push.services.mozilla.com/wpush/v2/x",
            "https://web.push.apple.com/x",
            "https://wns2-par02p.notify.windows.com/w/?token=x",
            "/dev/push-sink/anna/",
        ],
    )
    def test_knows_the_push_services(self, endpoint: str) -> None:
        assert is_allowed(endpoint)

    @pytest.mark.parametrize(
        "endpoint",
        [
            "http://fcm.googleapis.com/x",
            "https://fcm.googleapis.com.evil.example/x",
            "https://evilpush.apple.com.example/",
            "https://notpush.apple.com@evil.example/",
            "https://user:x@fcm.googleapis.com/",
            "https://fcm.googleapis.com:8443/x",
            "https://169.254.169.254/latest",
            "https://[::1",
            "file:///etc/passwd",
            "//fcm.googleapis.com/x",
            "/readyz",
        ],
    )
    def test_refuses_everything_else(self, endpoint: str) -> None:
        assert not is_allowed(endpoint)

    def test_has_no_sink_in_production(self, settings: Any) -> None:
        settings.ENVIRONMENT = "production"

        assert not is_allowed("/dev/push-sink/anna/")


class TestSubscriptions:
    def body(self, endpoint: str = ENDPOINT) -> dict[str, Any]:
        return {"endpoint": endpoint, "expirationTime": None, "keys": make_browser("anna")}

    def test_are_made_listed_and_removed(self, api: APIClient) -> None:
        user = make_user()
        api.credentials(**bearer(user))

        made = api.post(URL, self.body())
        again = api.post(URL, self.body())
        listed = api.get(URL)
        removed = api.delete(f"{URL}{made.json()['id']}/")

        assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
        assert [one["id"] for one in listed.json()] == [made.json()["id"]]
        assert removed.status_code == 204
        assert api.get(URL).json() == []

    def test_go_over_to_who_subscribes_in_the_same_browser(self, api: APIClient) -> None:
        api.credentials(**bearer(make_user()))
        api.post(URL, self.body())

        api.credentials(**bearer(make_user()))
        api.post(URL, self.body())

        assert ContactPoint.objects.filter(channel="push").count() == 1

    def test_of_somebody_else_are_not_found(self, api: APIClient) -> None:
        api.credentials(**bearer(make_user()))
        made = api.post(URL, self.body())
        api.credentials(**bearer(make_user()))

        assert api.delete(f"{URL}{made.json()['id']}/").status_code == 404

    def test_refuse_an_unknown_push_service(self, api: APIClient) -> None:
        api.credentials(**bearer(make_user()))

        answer = api.post(URL, self.body("https://evil.example/x"))

        assert (answer.status_code, answer.json()["code"]) == (400, "push_service_unknown")

    @pytest.mark.parametrize("keys", [{}, {"p256dh": "x", "auth": "y"}, None])
    def test_refuse_unusable_keys(self, api: APIClient, keys: Any) -> None:
        api.credentials(**bearer(make_user()))

        assert api.post(URL, self.body() | {"keys": keys}).status_code == 400

    def test_are_limited_in_number(self) -> None:
        user = make_user()
        recipient = make_recipient(external_id=user.id)
        for number in range(MOST_PER_USER):
            ContactPoint.objects.create(recipient=recipient, channel="push", address=f"{ENDPOINT}{number}")

        with pytest.raises(TooManySubscriptions), use_case():
            save_push_subscription(user_id=user.id, endpoint=ENDPOINT, p256dh="p", auth="a", now=recipient.created_at)

    def test_need_a_signed_in_user(self, api: APIClient) -> None:
        assert api.post(URL, self.body()).status_code == 401

    def test_begin_with_a_key_that_stays(self, api: APIClient) -> None:
        first = api.get(f"{URL}key/").json()["public_key"]
        with use_case():
            make_vapid_key()

        assert api.get(f"{URL}key/").json()["public_key"] == first
        assert len(first) == 87


class TestPushSink:
    def test_shows_what_a_browser_has_got(self, client: Client, push_service: PushService) -> None:
        job = push_job("anna")
        send([job.id])
        [(path, _, body)] = push_service.received

        posted = client.post(path, body, content_type="application/octet-stream")
        shown = client.get(path)

        assert posted.status_code == 201
        assert shown.json()["received"][0]["message"]["tag"] == str(job.id)

    def test_refuses_what_was_not_encrypted_for_it(self, client: Client) -> None:
        make_browser("anna")

        answer = client.post("/dev/push-sink/anna/", b"plain", content_type="application/octet-stream")

        assert answer.status_code == 400

    def test_does_not_know_other_browsers(self, client: Client) -> None:
        assert client.get("/dev/push-sink/nobody/").status_code == 404
        assert client.get("/dev/push-sink/..%2fx/").status_code == 404
