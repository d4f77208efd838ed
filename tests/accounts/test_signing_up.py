"""Signing up, proving the address and resetting the password: on pages, and through the headless API."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import AccountMail, User
from audit.models import AuditEntry
from bus.models import OutboxRow
from tests.factories.accounts import PASSWORD, make_account

pytestmark = pytest.mark.django_db

GIVEN = {"email": "Anna@Example.com", "password1": PASSWORD}


def link_in(mail: AccountMail) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", mail.text)
    assert found
    return found[1]


def registered() -> list[str]:
    return list(OutboxRow.objects.filter(wire_type="accounts.user.registered.v1").values_list("key", flat=True))


class TestSigningUp:
    def test_writes_the_user_and_a_mail_and_gives_no_session(self) -> None:
        client = Client()

        answer = client.post("/accounts/signup/", GIVEN)

        user = User.objects.get()
        assert answer["Location"] == "/accounts/confirm-email/"
        assert (user.email, user.email_verified_at) == ("anna@example.com", None)
        assert user.check_password(PASSWORD)
        assert AccountMail.objects.get().recipient == "anna@example.com"
        assert "_auth_user_id" not in client.session
        assert registered() == []

    @pytest.mark.parametrize("language", ["ru", "en"])
    def test_keeps_the_language_of_the_page(self, language: str) -> None:
        Client(headers={"Accept-Language": language}).post("/accounts/signup/", GIVEN)

        assert User.objects.get().locale == language

    def test_says_the_same_when_the_address_is_taken_and_tells_its_owner(self) -> None:
        make_account(email="anna@example.com")

        answer = Client().post("/accounts/signup/", GIVEN)

        assert answer["Location"] == "/accounts/confirm-email/"
        assert User.objects.count() == 1
        assert "/accounts/password/reset/" in AccountMail.objects.get().text

    @pytest.mark.parametrize("password", ["short", "1234567890", "password123"])
    def test_refuses_a_weak_password(self, password: str) -> None:
        answer = Client().post("/accounts/signup/", {**GIVEN, "password1": password})

        assert answer.status_code == 200
        assert 'aria-invalid="true"' in answer.content.decode()
        assert not User.objects.exists()

    def test_works_through_the_headless_api(self) -> None:
        client = Client()

        answer = client.post(
            "/_allauth/app/v1/auth/signup",
            {"email": "anna@example.com", "password": PASSWORD},
            content_type="application/json",
        )
        key = link_in(AccountMail.objects.get()).strip("/").rsplit("/", 1)[1]
        proved = client.post("/_allauth/app/v1/auth/email/verify", {"key": key}, content_type="application/json")

        assert answer.status_code == 401  # signed up, not signed in
        assert proved.status_code in (200, 401)
        assert User.objects.get().email_verified_at is not None
        assert client.get("/api/v1/me/").status_code == 401


class TestProvingTheAddress:
    def test_registers_the_user_once(self) -> None:
        client = Client()
        client.post("/accounts/signup/", GIVEN)
        link = link_in(AccountMail.objects.get())

        page = client.get(link)
        client.post(link)
        client.post(link)

        user = User.objects.get()
        assert "anna@example.com" in page.content.decode()
        assert user.email_verified_at is not None
        assert registered() == [str(user.id)]
        assert "_auth_user_id" not in client.session

    def test_is_not_done_by_opening_the_link(self) -> None:
        client = Client()
        client.post("/accounts/signup/", GIVEN)

        client.get(link_in(AccountMail.objects.get()))

        assert User.objects.get().email_verified_at is None

    def test_of_a_new_address_replaces_the_old_one(self) -> None:
        user = make_account(email="old@example.com", locale="en")
        client = Client()
        client.force_login(user)
        asked = client.post("/accounts/email/", {"email": "new@example.com", "action_add": "1"})
        client.post(asked["Location"], {"password": PASSWORD})

        client.post(link_in(AccountMail.objects.get(recipient="new@example.com")))

        user.refresh_from_db()
        assert user.email == "new@example.com"
        assert OutboxRow.objects.get(wire_type="accounts.user.changed.v1").key == str(user.id)
        assert AccountMail.objects.get(recipient="old@example.com").subject == "Your e-mail address was changed"
        assert AuditEntry.objects.get().action == "accounts.change_email"

    def test_of_a_new_address_is_not_begun_in_a_browser_that_was_left_open(self) -> None:
        client = Client()
        client.force_login(make_account())

        answer = client.post("/accounts/email/", {"email": "new@example.com", "action_add": "1"})

        assert answer["Location"].startswith("/accounts/reauthenticate/")
        assert not AccountMail.objects.exists()

    def test_with_a_wrong_link_says_so(self) -> None:
        answer = Client().get("/accounts/confirm-email/nonsense/")

        assert answer.status_code == 200


class TestResettingThePassword:
    def test_sets_the_new_one_and_gives_no_session(self) -> None:
        user = make_account()
        client = Client()
        client.post("/accounts/password/reset/", {"email": user.email})
        opened = client.get(link_in(AccountMail.objects.get()))

        client.post(
            opened["Location"], {"password1": "another good pass phrase", "password2": "another good pass phrase"}
        )

        user.refresh_from_db()
        assert user.check_password("another good pass phrase")
        assert "_auth_user_id" not in client.session

    def test_says_the_same_for_an_unknown_address(self) -> None:
        make_account(email="anna@example.com")

        answers = [
            Client().post("/accounts/password/reset/", {"email": f"{who}@example.com"}) for who in ("anna", "bob")
        ]

        assert {answer["Location"] for answer in answers} == {"/accounts/password/reset/done/"}


class TestThePages:
    @pytest.mark.parametrize("language", ["ru", "en"])
    @pytest.mark.parametrize(
        "path", ["login/", "signup/", "password/reset/", "password/reset/done/", "confirm-email/", "inactive/"]
    )
    def test_are_whole_for_guests(self, path: str, language: str) -> None:
        answer = Client(headers={"Accept-Language": language}).get(f"/accounts/{path}")

        page = answer.content.decode()
        assert answer.status_code == 200
        assert page.count("<h1>") == 1
        assert f'<html lang="{language}">' in page
        assert "<script>" not in page
        assert "style=" not in page

    @pytest.mark.parametrize("path", ["email/", "password/change/", "logout/", "reauthenticate/"])
    def test_are_whole_for_users(self, path: str) -> None:
        client = Client()
        client.force_login(make_account())

        answer = client.get(f"/accounts/{path}")

        assert answer.status_code == 200
        assert answer.content.decode().count("<h1>") == 1


class TestTheAccountPage:
    def test_sends_guests_to_sign_in(self) -> None:
        assert Client().get("/account/")["Location"] == "/accounts/login/?next=/account/"

    def post(self, client: Client, **changed: Any) -> Any:
        return client.post("/account/", {"locale": "en", "time_zone": "Asia/Irkutsk", **changed})

    def test_changes_the_profile(self) -> None:
        user = make_account()
        client = Client()
        client.force_login(user)

        answer = self.post(client, display_name="Анна", phone="8 916 123-45-67", birth_on="1990-04-12")

        user.refresh_from_db()
        assert answer.status_code == 302
        assert (user.display_name, user.phone, user.locale, user.time_zone) == (
            "Анна",
            "+79161234567",
            "en",
            "Asia/Irkutsk",
        )

    @pytest.mark.parametrize("changed", [{"phone": "123"}, {"handle": "А"}, {"birth_on": "2999-01-01"}])
    def test_shows_what_is_wrong(self, changed: dict) -> None:
        user = make_account()
        client = Client()
        client.force_login(user)

        answer = self.post(client, **changed)

        assert answer.status_code == 200
        assert "errorlist" in answer.content.decode()

    def test_signs_out_everywhere_else(self) -> None:
        user = make_account()
        here, there = Client(), Client()
        for client in (here, there):
            client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

        here.post("/account/sessions/end/")

        assert here.get("/account/").status_code == 200
        assert there.get("/account/").status_code == 302
