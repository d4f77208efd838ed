"""The pages of one's own data."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.models import PersonExport, User
from accounts.services.make_export import make_export
from tests.factories.accounts import PASSWORD, code_of, make_account, make_authenticator
from tests.factories.bookings import confirm

pytestmark = pytest.mark.django_db
HERE, ERASE = "/account/privacy/", "/account/privacy/erase/"


@pytest.fixture
def user() -> User:
    return make_account(locale="en")


@pytest.fixture
def client(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


class TestExport:
    def test_is_ordered_watched_and_taken_away(self, client: Client) -> None:
        before = client.get(HERE).content.decode()
        client.post(f"{HERE}export/")
        meanwhile = client.get(HERE).content.decode()
        make_export(export_id=PersonExport.objects.get().id, now=timezone.now())
        after = client.get(HERE).content.decode()
        file = client.get(f"{HERE}export/file/")

        assert "Make the file" in before
        assert "Look again" in meanwhile
        assert "<progress" in meanwhile
        assert "Download" in after
        assert "Look again" not in after
        assert file.content[:2] == b"PK"

    def test_that_failed_says_so(self, client: Client, user: User) -> None:
        PersonExport.objects.create(
            user=user, status="failed", parts_total=1, next_attempt_at=timezone.now(), finished_at=timezone.now()
        )

        assert "could not be made" in client.get(HERE).content.decode()

    def test_is_nobody_elses(self, client: Client) -> None:
        assert Client().get(HERE).status_code == 302
        assert Client().get(f"{HERE}export/file/").status_code == 302
        assert client.get(f"{HERE}export/file/").status_code == 404
        assert client.get(f"{HERE}export/").status_code == 405


class TestErase:
    def test_asks_for_the_address_and_says_goodbye(self, client: Client, user: User) -> None:
        wrong = client.post(ERASE, {"email": "somebody@example.com"})
        right = client.post(ERASE, {"email": user.email.upper()})

        user.refresh_from_db()
        assert "not the address of this account" in wrong.content.decode()
        assert (right.status_code, right["Location"]) == (302, "/")
        assert [str(one) for one in get_messages(right.wsgi_request)] == ["Your account is erased."]
        assert not user.is_active
        assert client.get("/account/").status_code == 302

    def test_says_what_is_to_be_settled_first(self, client: Client, user: User) -> None:
        confirm(user=user)

        answer = client.post(ERASE, {"email": user.email})

        user.refresh_from_db()
        assert "still to come" in answer.content.decode()
        assert user.is_active

    def test_wants_the_code_of_a_second_factor(self, client: Client, user: User) -> None:
        device = make_authenticator(user)

        without = client.post(ERASE, {"email": user.email})
        wrong = client.post(ERASE, {"email": user.email, "code": "000000"})
        user.refresh_from_db()
        still_there = user.is_active
        device.refresh_from_db()
        device.throttle_reset()
        client.post(ERASE, {"email": user.email, "code": code_of(device, timezone.now())})

        user.refresh_from_db()
        assert (without.status_code, wrong.status_code, still_there) == (200, 200, True)
        assert not user.is_active

    def test_wants_the_password_again_after_a_while(self, user: User) -> None:
        client = Client()
        client.force_login(user)

        answer = client.get(ERASE)

        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
