from typing import Any

import pytest
from rest_framework.test import APIClient

from common.api import throttling
from common.rate_limits import RateLimiter
from tests.factories.accounts import bearer, make_user

pytestmark = pytest.mark.django_db
PATH = "/api/v1/categories/"


@pytest.fixture(autouse=True)
def _limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine's Redis may answer late, and then the process counts for itself.
    monkeypatch.setattr(throttling, "limiter", RateLimiter("api", timeout_seconds=10.0))
    rates = {"guest": "2/min", "user": "4/min", "token": "3/min"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}


class TestRateLimits:
    def test_tell_a_guest_how_it_stands(self, api: APIClient) -> None:
        answer = api.get(PATH)

        assert answer.status_code == 200
        assert answer["RateLimit-Policy"] == '"guest";q=2;w=60'
        assert answer["RateLimit"] == '"guest";r=1;t=30'

    def test_refuse_with_a_problem_and_say_when_to_come_back(self, api: APIClient) -> None:
        answers = [api.get(PATH) for _ in range(3)]

        refused = answers[-1]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert refused["Content-Type"] == "application/problem+json"
        assert refused.json()["code"] == "throttled"
        assert 1 <= int(refused["Retry-After"]) <= 31
        assert refused["RateLimit"].startswith('"guest";r=0;')

    def test_count_a_token_for_itself_and_for_its_user(self, api: APIClient) -> None:
        user = make_user()
        first, second = bearer(user), bearer(user)

        answers = [api.get(PATH, **first) for _ in range(3)] + [api.get(PATH, **second) for _ in range(2)]

        assert [one.status_code for one in answers] == [200, 200, 200, 200, 429]
        assert answers[0]["RateLimit-Policy"] == '"token";q=3;w=60, "user";q=4;w=60'
        assert answers[3]["RateLimit"].startswith('"token";r=2;t=20, "user";r=0;')

    def test_believe_no_address_that_the_caller_writes_itself(self, api: APIClient) -> None:
        answers = [api.get(PATH, headers={"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(3)]

        assert [one.status_code for one in answers] == [200, 200, 429]

    def test_believe_the_address_that_a_proxy_of_ours_adds(self, api: APIClient, settings: Any) -> None:
        settings.TRUSTED_PROXIES = 1

        answers = [api.get(PATH, headers={"X-Forwarded-For": f"198.51.100.1, 203.0.113.{n}"}) for n in range(3)]

        assert [one.status_code for one in answers] == [200, 200, 200]

    def test_count_an_ipv6_subscriber_once(self, api: APIClient) -> None:
        answers = [api.get(PATH, REMOTE_ADDR=f"2001:db8:0:1::{n}") for n in (1, 2, 3)]

        assert [one.status_code for one in answers] == [200, 200, 429]
        assert api.get(PATH, REMOTE_ADDR="2001:db8:0:2::1").status_code == 200

    def test_hold_while_redis_is_away(self, api: APIClient, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        monkeypatch.setattr(throttling, "limiter", RateLimiter("api"))

        answers = [api.get(PATH) for _ in range(3)]

        assert [one.status_code for one in answers] == [200, 200, 429]
