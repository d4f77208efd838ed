"""Conversations in the back office."""

import pytest
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.second_factor import SESSION_KEY
from tests.factories.accounts import make_authenticator, make_user
from tests.factories.messaging import make_direct, make_message

pytestmark = pytest.mark.django_db
URL = "/admin/messaging/conversation/"


@pytest.fixture
def client() -> Client:
    """Staff with a second factor."""
    user = make_user(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = make_authenticator(user).persistent_id
    session[SESSION_KEY] = timezone.now().isoformat()
    session.save()
    return client


class TestConversationAdmin:
    def test_lists_conversations_in_few_queries(self, client: Client, django_assert_max_num_queries: object) -> None:
        for _ in range(5):
            make_direct()

        with django_assert_max_num_queries(10):  # type: ignore[operator]
            answer = client.get(URL)

        assert answer.status_code == 200

    def test_shows_who_wrote_when_and_not_what(self, client: Client) -> None:
        anna = make_user(email="anna@example.com")
        room = make_direct(anna)
        make_message(room, anna, "a secret")

        page = client.get(f"{URL}{room.pk}/change/").content.decode()

        assert str(anna.pk) in page
        assert "a secret" not in page

    def test_finds_a_persons_conversations(self, client: Client) -> None:
        anna = make_user(email="anna@example.com")
        room, other = make_direct(anna), make_direct()

        page = client.get(URL, {"q": "anna@example.com"}).content.decode()

        assert str(room.pk) in page
        assert str(other.pk) not in page

    def test_changes_nothing(self, client: Client) -> None:
        room = make_direct()

        assert client.post(f"{URL}{room.pk}/change/", {"title": "x"}).status_code == 403
        assert client.get(f"{URL}add/").status_code == 403
