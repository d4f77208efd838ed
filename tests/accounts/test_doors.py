"""Every door that could give a session or a token, tried with a right password and no code."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AccessToken, User
from tests.factories.accounts import PASSWORD, bearer, code_of, make_account, make_authenticator

pytestmark = pytest.mark.django_db

GIVES = {"email": None, "login": None, "username": None, "password": PASSWORD}


def paths_below(prefix: str) -> Iterator[str]:
    """Every path without parameters."""

    def walk(patterns: Any, base: str) -> Iterator[str]:
        for one in patterns:
            route = base + str(one.pattern)
            if isinstance(one, URLPattern):
                if "<" not in route and "(" not in route:
                    yield "/" + route.replace("^", "").replace("$", "")
            else:
                yield from walk(one.url_patterns, route)

    return (path for path in walk(get_resolver().url_patterns, "") if path.startswith(prefix))


DOORS = sorted(
    {*paths_below("/accounts/"), *paths_below("/_allauth/"), *paths_below("/admin/login"), "/api/v1/auth/tokens/"}
)


@pytest.fixture
def guarded() -> User:
    user = make_account(is_staff=True, is_superuser=True)
    make_authenticator(user)
    return user


class TestEveryDoor:
    @pytest.mark.parametrize("content_type", ["form", "json"])
    @pytest.mark.parametrize("path", DOORS)
    def test_gives_nothing_for_a_password_alone(self, guarded: User, path: str, content_type: str) -> None:
        client = Client()
        given = {field: value or guarded.email for field, value in GIVES.items()}

        answer = client.post(path, given, **({"content_type": "application/json"} if content_type == "json" else {}))

        assert "_auth_user_id" not in client.session
        assert not AccessToken.objects.exists()
        assert client.get("/api/v1/me/").status_code == 401
        body = answer.json() if "json" in answer.get("Content-Type", "") else {}
        session_token = (body.get("meta") or {}).get("session_token")
        if session_token:
            client.cookies["sessionid"] = session_token
            assert client.get("/api/v1/me/").status_code == 401

    def test_was_tried(self) -> None:
        assert {"/accounts/login/", "/_allauth/app/v1/auth/signup", "/admin/login/"} <= set(DOORS)

    def test_of_the_headless_api_leads_to_signing_up_and_resetting_only(self) -> None:
        assert sorted(paths_below("/_allauth/")) == [
            "/_allauth/app/v1/auth/email/verify",
            "/_allauth/app/v1/auth/password/request",
            "/_allauth/app/v1/auth/password/reset",
            "/_allauth/app/v1/auth/signup",
            "/_allauth/app/v1/config",
        ]


class TestSigningInOnThePage:
    def test_needs_no_code_without_a_device(self) -> None:
        user = make_account()
        client = Client()

        answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

        assert answer.status_code == 302
        assert client.get("/account/").status_code == 200

    def test_asks_for_the_code_and_then_goes_where_one_wanted(self, guarded: User) -> None:
        client = Client()
        asked = client.post("/accounts/login/?next=/admin/", {"login": guarded.email, "password": PASSWORD})

        answer = client.post("/account/code/", {"code": code_of(guarded.authenticator_set.get(), timezone.now())})

        assert asked["Location"] == "/account/code/"
        assert answer["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200

    def test_does_not_let_a_wrong_code_in(self, guarded: User) -> None:
        client = Client()
        client.post("/accounts/login/", {"login": guarded.email, "password": PASSWORD})

        answer = client.post(
            "/account/code/", {"code": code_of(guarded.authenticator_set.get(), timezone.now(), steps=40)}
        )

        assert answer.status_code == 200
        assert "_auth_user_id" not in client.session

    def test_does_not_ask_strangers_for_codes(self) -> None:
        answer = Client().get("/account/code/")

        assert answer["Location"] == "/accounts/login/"

    def test_of_an_unproved_address_sends_the_link_again(self) -> None:
        user = make_account(email_verified_at=None)
        user.emailaddress_set.update(verified=False)
        client = Client()

        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

        assert "_auth_user_id" not in client.session


class TestATokenMadeOnThePage:
    def test_needs_the_code_too(self, guarded: User, api: APIClient) -> None:
        client = Client()
        client.force_login(guarded)

        client.post("/account/tokens/", {"name": "x", "scopes": ["read"], "expires_in_days": 30})
        client.post("/account/tokens/", {"name": "x", "scopes": ["read"], "expires_in_days": 30, "code": "000000"})

        assert not AccessToken.objects.exists()

    def test_is_shown_once(self) -> None:
        user = make_account()
        client = Client()
        client.force_login(user)

        answer = client.post("/account/tokens/", {"name": "script", "scopes": ["read"], "expires_in_days": 7})

        assert "aqs_" in answer.content.decode()
        assert "aqs_" not in client.get("/account/").content.decode()
        assert AccessToken.objects.get().scopes == ["read"]

    def test_can_be_revoked_there(self) -> None:
        user = make_account()
        bearer(user)
        client = Client()
        client.force_login(user)

        client.post(f"/account/tokens/{AccessToken.objects.get().id}/revoke/")

        assert not AccessToken.objects.exists()


class TestStartingAgain:
    def test_forgets_the_password_that_was_given(self, guarded: User) -> None:
        client = Client()
        client.post("/accounts/login/", {"login": guarded.email, "password": PASSWORD})

        client.post("/accounts/logout/", {"next": "/accounts/login/"})

        assert client.get("/account/code/")["Location"] == "/accounts/login/"
        assert client.get("/accounts/login/").status_code == 200
