"""The chat page as the server writes it."""

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from messaging.models import Conversation, Membership
from tests.factories.accounts import make_user
from tests.factories.messaging import make_direct, make_message

pytestmark = pytest.mark.django_db


def signed_in(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    return client


def data_in(page: str, name: str) -> Any:
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


class TestList:
    def test_sends_guests_to_the_sign_in(self) -> None:
        answer = Client().get("/chat/")

        assert answer.status_code == 302
        assert "login" in answer["Location"]

    def test_can_be_read_without_javascript(self) -> None:
        anna, boris = make_user(), make_user(display_name="Boris")
        room = make_direct(anna, boris)
        make_message(room, boris, "See <you>!")

        page = signed_in(anna).get("/chat/").content.decode()

        assert f'href="/chat/{room.pk}/"' in page
        assert "See &lt;you&gt;!" in page
        assert "Unread: 1" in page

    def test_tells_the_code_where_the_socket_is_and_what_it_says(self) -> None:
        page = signed_in(make_user(), "ru").get("/chat/").content.decode()

        assert f'data-socket="{settings.CHAT_URL}/ws/chat/"' in page
        assert data_in(page, "chat-words")["read"] == "Прочитано"

    def test_lets_the_page_connect_to_the_chat_process(self) -> None:
        answer = signed_in(make_user()).get("/chat/")

        assert f"connect-src 'self' {settings.CHAT_URL}" in answer["Content-Security-Policy"]


class TestBegin:
    def test_offers_and_begins_a_conversation(self) -> None:
        anna, boris = make_user(), make_user(display_name="Boris")
        client = signed_in(anna)

        offer = client.get(f"/chat/?with={boris.pk}").content.decode()
        answer = client.post("/chat/", {"with": str(boris.pk)})

        conversation = Conversation.objects.get()
        assert "Begin a conversation with Boris?" in offer
        assert answer["Location"] == f"/chat/{conversation.pk}/"
        assert set(Membership.objects.values_list("user_id", flat=True)) == {anna.pk, boris.pk}

    @pytest.mark.parametrize("other", ["nonsense", "0199a3c2-5b7e-7c31-9d0f-6d2b8a5e4f10"])
    def test_knows_nobody_by_a_wrong_id(self, other: str) -> None:
        client = signed_in(make_user())

        assert client.get(f"/chat/?with={other}").status_code == 404
        assert client.post("/chat/", {"with": other}).status_code == 404


class TestConversation:
    def test_shows_the_latest_messages(self) -> None:
        anna, boris = make_user(), make_user(display_name="Boris")
        room = make_direct(anna, boris)
        for number in range(60):
            make_message(room, boris, f"message {number}")

        page = signed_in(anna).get(f"/chat/{room.pk}/").content.decode()
        state = data_in(page, "chat-state")

        assert [one["seq"] for one in state["messages"]] == list(range(11, 61))
        assert state["hasOlder"]
        assert "message 59" in page
        assert "<title>Boris" in page

    def test_hides_other_peoples_conversations(self) -> None:
        room = make_direct()

        assert signed_in(make_user()).get(f"/chat/{room.pk}/").status_code == 404

    def test_what_people_write_never_becomes_markup(self) -> None:
        anna = make_user()
        room = make_direct(anna)
        make_message(room, anna, "</script><script>alert(1)</script>")

        page = signed_in(anna).get(f"/chat/{room.pk}/").content.decode()

        assert "<script>alert(1)" not in page

    def test_asks_a_fixed_number_of_queries(self, django_assert_num_queries: Any) -> None:
        anna = make_user()
        rooms = [make_direct(anna) for _ in range(5)]
        for room in rooms:
            make_message(room, anna)
        client = signed_in(anna)

        with django_assert_num_queries(9):
            client.get(f"/chat/{rooms[0].pk}/")
