"""Tokens of programs: the endpoint, and what a token opens."""

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AccessToken, Authenticator
from accounts.services.confirm_enrolment import give_backup_codes
from common.transactions import use_case
from tests.factories.accounts import PASSWORD, bearer, code_of, make_account, make_authenticator, make_token, make_user

pytestmark = pytest.mark.django_db

URL = "/api/v1/auth/tokens/"
ME = "/api/v1/me/"


def sign_in(api: APIClient, email: str, *, forwarded_for: str = "", **given: object) -> Any:
    headers = {"X-Forwarded-For": forwarded_for} if forwarded_for else {}
    return api.post(URL, {"email": email, "password": PASSWORD, **given}, headers=headers)


@pytest.fixture
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all attempts fall into the same minute, however long a busy machine takes for them."""
    clock = {"time": lambda: 1_800_000_000.0, "monotonic": time.monotonic, "sleep": time.sleep}
    monkeypatch.setattr("allauth.core.internal.ratelimit.time", SimpleNamespace(**clock))


class TestIssueToken:
    def test_gives_a_token_that_opens_the_api(self, api: APIClient) -> None:
        user = make_account()

        answer = sign_in(api, user.email, name="script")

        assert answer.status_code == 201
        assert answer["Cache-Control"] == "no-store"
        assert answer.data["token"].startswith("aqs_")
        assert (answer.data["name"], answer.data["scopes"]) == ("script", ["account", "read", "write"])
        me = api.get(ME, HTTP_AUTHORIZATION=f"Bearer {answer.data['token']}")
        assert me.data["id"] == str(user.id)

    def test_keeps_only_a_hash(self, api: APIClient) -> None:
        text = sign_in(api, make_account().email).data["token"]

        stored = AccessToken.objects.get()
        assert text not in (stored.digest, stored.token_key)
        assert len(stored.digest) == 128

    def test_does_not_mind_the_case_of_the_address(self, api: APIClient) -> None:
        make_account(email="anna@example.com")

        assert sign_in(api, "Anna@Example.com").status_code == 201

    @pytest.mark.parametrize("email", ["anna@example.com", "nobody@example.com"])
    def test_says_the_same_for_a_wrong_password_and_an_unknown_address(self, api: APIClient, email: str) -> None:
        make_account(email="anna@example.com")

        answer = api.post(URL, {"email": email, "password": "wrong"})

        assert answer.status_code == 401
        assert answer.data["code"] == "wrong_credentials"

    def test_refuses_an_account_that_is_switched_off(self, api: APIClient) -> None:
        user = make_account(is_active=False)

        assert sign_in(api, user.email).data["code"] == "wrong_credentials"

    def test_refuses_an_address_that_was_not_proved(self, api: APIClient) -> None:
        user = make_account(email_verified_at=None)

        answer = sign_in(api, user.email)

        assert (answer.status_code, answer.data["code"]) == (403, "email_not_verified")

    def test_refuses_after_five_wrong_passwords_for_one_account(self, api: APIClient) -> None:
        user = make_account()
        for _ in range(5):
            api.post(URL, {"email": user.email, "password": "wrong"})

        answer = sign_in(api, user.email)

        assert (answer.status_code, answer.data["code"]) == (429, "too_many_attempts")
        assert answer["Retry-After"] == "300"

    @pytest.mark.usefixtures("one_minute")
    def test_refuses_after_sixty_wrong_passwords_from_one_address(self, api: APIClient) -> None:
        user = make_account()
        for number in range(60):
            api.post(URL, {"email": f"user{number}@example.com", "password": "wrong"})

        assert sign_in(api, user.email).data["code"] == "too_many_attempts"

    @pytest.mark.usefixtures("one_minute")
    def test_counts_wrong_passwords_by_the_address_that_a_proxy_of_ours_adds(
        self, api: APIClient, settings: Any
    ) -> None:
        settings.TRUSTED_PROXIES = 1
        user = make_account()
        for number in range(60):
            sign_in(api, f"stranger{number}@example.com", forwarded_for="198.51.100.1, 203.0.113.7")

        same = sign_in(api, user.email, forwarded_for="198.51.100.2, 203.0.113.7")
        other = sign_in(api, user.email, forwarded_for="198.51.100.1, 203.0.113.8")

        assert (same.data["code"], other.status_code) == ("too_many_attempts", 201)

    def test_goes_on_counting_wrong_passwords_while_redis_is_away(self, api: APIClient, settings: Any) -> None:
        settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
        user = make_account(email="counted-without-redis@example.com")
        for _ in range(5):
            api.post(URL, {"email": user.email, "password": "wrong"})

        assert sign_in(api, user.email).data["code"] == "too_many_attempts"

    @pytest.mark.parametrize(
        ("given", "pointer"),
        [
            ({"email": "no address"}, "/email"),
            ({"scopes": ["everything"]}, "/scopes"),
            ({"scopes": []}, "/scopes"),
            ({"expires_in_days": 0}, "/expires_in_days"),
            ({"expires_in_days": 366}, "/expires_in_days"),
        ],
    )
    def test_names_what_is_wrong_with_the_input(self, api: APIClient, given: dict, pointer: str) -> None:
        answer = api.post(URL, {"email": "anna@example.com", "password": "x", **given})

        assert answer.status_code == 400
        assert answer.data["errors"][0]["pointer"] == pointer


class TestIssueTokenWithASecondFactor:
    def test_asks_for_the_code(self, api: APIClient) -> None:
        user = make_account()
        make_authenticator(user)

        answer = sign_in(api, user.email)

        assert (answer.status_code, answer.data["code"]) == (403, "second_factor_required")
        assert not AccessToken.objects.exists()

    def test_takes_the_code_and_notes_the_second_factor(self, api: APIClient) -> None:
        user = make_account()
        device = make_authenticator(user)

        answer = sign_in(api, user.email, otp_code=code_of(device, timezone.now()))

        assert answer.status_code == 201
        assert answer.data["second_factor_at"] is not None

    def test_takes_a_code_once(self, api: APIClient) -> None:
        user = make_account()
        code = code_of(make_authenticator(user), timezone.now())
        sign_in(api, user.email, otp_code=code)

        answer = sign_in(api, user.email, otp_code=code)

        assert (answer.status_code, answer.data["code"]) == (403, "wrong_code")

    def test_counts_a_wrong_code_and_makes_the_next_wait(self, api: APIClient) -> None:
        user = make_account()
        device = make_authenticator(user)
        wrong = sign_in(api, user.email, otp_code=code_of(device, timezone.now(), steps=50))

        right = sign_in(api, user.email, otp_code=code_of(device, timezone.now()))

        assert (wrong.status_code, wrong.data["code"]) == (403, "wrong_code")
        assert (right.status_code, right.data["code"]) == (429, "too_many_codes")
        assert int(right["Retry-After"]) >= 1
        assert Authenticator.objects.get().throttling_failure_count == 1

    def test_takes_the_right_code_after_the_wait(self, api: APIClient) -> None:
        user = make_account()
        device = make_authenticator(
            user,
            throttling_failure_count=3,
            throttling_failure_timestamp=timezone.now() - timedelta(seconds=5),
        )

        answer = sign_in(api, user.email, otp_code=code_of(device, timezone.now()))

        assert answer.status_code == 201
        assert Authenticator.objects.get().throttling_failure_count == 0

    def test_takes_each_backup_code_once(self, api: APIClient) -> None:
        user = make_account()
        device = make_authenticator(user)
        with use_case():
            code = give_backup_codes(device=device)[0]

        first = sign_in(api, user.email, otp_code=code.upper())
        second = sign_in(api, user.email, otp_code=code)

        assert first.status_code == 201
        assert second.data["code"] == "wrong_code"

    def test_does_not_ask_for_a_device_that_is_still_being_set_up(self, api: APIClient) -> None:
        user = make_account()
        make_authenticator(user, confirmed=False)

        answer = sign_in(api, user.email)

        assert answer.status_code == 201
        assert answer.data["second_factor_at"] is None


class TestAToken:
    def test_stops_working_when_it_expires(self, api: APIClient) -> None:
        header = bearer(make_user(), expiry=timedelta(seconds=-1))

        answer = api.get(ME, **header)

        assert answer.status_code == 401
        assert answer.data["code"] == "authentication_failed"

    def test_stops_working_when_its_user_is_switched_off(self, api: APIClient) -> None:
        header = bearer(make_user(is_active=False))

        assert api.get(ME, **header).status_code == 401

    @pytest.mark.parametrize("text", ["aqs_0000", "ünï", "a b"])
    def test_is_refused_when_it_is_no_token(self, api: APIClient, text: str) -> None:
        assert api.get(ME, HTTP_AUTHORIZATION=f"Bearer {text}".encode()).status_code == 401

    @pytest.mark.parametrize(
        ("scopes", "method", "url", "status"),
        [
            (["read"], "get", ME, 200),
            (["write"], "get", ME, 403),
            (["read"], "patch", ME, 403),
            (["write"], "patch", ME, 200),
            (["read", "write"], "get", URL, 403),
            (["account"], "get", URL, 200),
            ([], "get", ME, 403),
        ],
    )
    def test_does_what_its_scopes_say_and_nothing_else(
        self, api: APIClient, scopes: list[str], method: str, url: str, status: int
    ) -> None:
        header = bearer(make_user(), scopes=scopes)

        answer = getattr(api, method)(url, {} if method == "patch" else None, **header)

        assert answer.status_code == status
        if status == 403:
            assert answer.data["code"] == "scope_missing"

    def test_notes_its_use_at_most_once_a_minute(self, api: APIClient) -> None:
        token, text = make_token(make_user())
        api.get(ME, HTTP_AUTHORIZATION=f"Bearer {text}")
        token.refresh_from_db()
        first = token.last_used_at

        api.get(ME, HTTP_AUTHORIZATION=f"Bearer {text}")

        token.refresh_from_db()
        assert first is not None
        assert token.last_used_at == first
        AccessToken.objects.update(last_used_at=first - timedelta(seconds=61))
        api.get(ME, HTTP_AUTHORIZATION=f"Bearer {text}")
        token.refresh_from_db()
        assert token.last_used_at > first

    def test_costs_one_query(self, api: APIClient, django_assert_num_queries: object) -> None:
        user = make_user()
        header = bearer(user, last_used_at=timezone.now())
        for _ in range(3):
            make_token(user)

        with django_assert_num_queries(2):  # the token with its user; the profile
            api.get(ME, **header)


class TestTokensOfMine:
    def test_are_listed_without_their_text(self, api: APIClient) -> None:
        user = make_user()
        make_token(make_user(), name="somebody else's")
        header = bearer(user, name="mine")

        answer = api.get(URL, **header)

        assert [token["name"] for token in answer.data["results"]] == ["mine"]
        assert "token" not in answer.data["results"][0]

    @pytest.mark.parametrize("others", [0, 5])
    def test_are_listed_in_a_fixed_number_of_queries(
        self, api: APIClient, others: int, django_assert_num_queries: object
    ) -> None:
        user = make_user()
        header = bearer(user, last_used_at=timezone.now())
        for _ in range(others):
            make_token(user)

        with django_assert_num_queries(2):
            api.get(URL, **header)

    def test_can_be_revoked(self, api: APIClient) -> None:
        user = make_user()
        header = bearer(user)
        other, text = make_token(user)

        answer = api.delete(f"{URL}{other.id}/", **header)

        assert answer.status_code == 204
        assert api.get(ME, HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 401

    def test_of_somebody_else_are_not_found(self, api: APIClient) -> None:
        other, _text = make_token(make_user())

        answer = api.delete(f"{URL}{other.id}/", **bearer(make_user()))

        assert answer.status_code == 404
        assert AccessToken.objects.filter(id=other.id).exists()

    def test_are_not_shown_to_guests(self, api: APIClient) -> None:
        assert api.get(URL).status_code == 401


class TestStepUp:
    def test_refreshes_the_tokens_second_factor(self, api: APIClient) -> None:
        user = make_account()
        device = make_authenticator(user)
        long_ago = timezone.now() - timedelta(hours=1)
        token, text = make_token(user, second_factor_at=long_ago)

        answer = api.post(
            "/api/v1/auth/step-up/",
            {"otp_code": code_of(device, timezone.now())},
            HTTP_AUTHORIZATION=f"Bearer {text}",
        )

        assert answer.status_code == 204
        token.refresh_from_db()
        assert token.second_factor_at > long_ago

    def test_refuses_a_wrong_code(self, api: APIClient) -> None:
        user = make_account()
        device = make_authenticator(user)

        answer = api.post(
            "/api/v1/auth/step-up/", {"otp_code": code_of(device, timezone.now(), steps=9)}, **bearer(user)
        )

        assert (answer.status_code, answer.data["code"]) == (403, "wrong_code")

    def test_refuses_an_account_without_a_second_factor(self, api: APIClient) -> None:
        answer = api.post("/api/v1/auth/step-up/", {"otp_code": "123456"}, **bearer(make_user()))

        assert (answer.status_code, answer.data["code"]) == (403, "second_factor_required")
