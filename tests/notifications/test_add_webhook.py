from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.models import ContactPoint
from notifications.services.add_webhook import MOST_PER_USER
from tests.factories.accounts import bearer, make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/me/notification-webhooks/"
HOME = {"url": "https://home.example.com/hook"}


@pytest.fixture
def me(api: APIClient) -> APIClient:
    api.credentials(**bearer(make_user()))
    return api


class TestAddWebhook:
    def test_shows_the_secret_once(self, me: APIClient) -> None:
        added = me.post(URL, HOME)
        listed = me.get(URL).json()

        assert added.status_code == 201
        assert added.json()["secret"] == ContactPoint.objects.get(channel="webhook").secret
        assert added.json()["secret"].startswith("whsec_")
        assert [one["url"] for one in listed] == [HOME["url"]]
        assert "secret" not in listed[0]

    def test_refuses_what_is_there(self, me: APIClient) -> None:
        me.post(URL, HOME)

        answer = me.post(URL, HOME)

        assert (answer.status_code, answer.json()["code"]) == (409, "webhook_known")

    def test_makes_one_anew_that_was_switched_off(self, me: APIClient) -> None:
        first = me.post(URL, HOME).json()
        ContactPoint.objects.filter(channel="webhook").update(
            switched_off_at="2026-01-01T00:00:00Z", switched_off_reason="webhook: 410"
        )

        second = me.post(URL, HOME)

        assert second.status_code == 201
        assert second.json()["secret"] != first["secret"]
        assert ContactPoint.objects.get(channel="webhook").switched_off_at is None

    @pytest.mark.parametrize(
        "url",
        [
            "http://home.example.com/",
            "https://10.0.0.8/",
            "https://[::1]/",
            "https://127.0.0.1/",
            "https://a:b@c.de/",
            "https://home.example.com:25/",
        ],
    )
    def test_refuses_where_strangers_may_not_send_this_server(self, me: APIClient, settings: Any, url: str) -> None:
        settings.ENVIRONMENT = "production"

        answer = me.post(URL, {"url": url})

        assert (answer.status_code, answer.json()["code"]) == (400, "webhook_address_refused")

    @pytest.mark.parametrize(
        "body", [{}, {"url": "home"}, {"url": "ftp://"}, {"url": "https://" + "x" * 1000 + ".com"}]
    )
    def test_refuses_what_is_no_address(self, me: APIClient, body: Any) -> None:
        answer = me.post(URL, body)

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/url"

    def test_is_limited_in_number(self, me: APIClient) -> None:
        answers = [me.post(URL, {"url": f"https://home.example.com/{number}"}) for number in range(MOST_PER_USER + 1)]

        assert [one.status_code for one in answers] == [201] * MOST_PER_USER + [409]
        assert answers[-1].json()["code"] == "too_many_webhooks"

    def test_needs_somebody_who_is_signed_in(self, api: APIClient) -> None:
        assert api.post(URL, HOME).status_code == 401
