"""Conversations over REST."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from messaging.models import Conversation, Membership
from tests.factories.accounts import bearer, make_user
from tests.factories.messaging import make_direct, make_group, make_message

pytestmark = pytest.mark.django_db
URL = "/api/v1/conversations/"


def queries(api: APIClient, url: str, headers: dict[str, Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert api.get(url, **headers).status_code == 200
    return len(captured)


class TestCreate:
    def test_makes_a_direct_conversation_then_finds_it(self, api: APIClient) -> None:
        anna, boris = make_user(display_name="Anna"), make_user(display_name="Boris")
        body = {"kind": "direct", "members": [str(boris.pk)]}

        made, found = (api.post(URL, body, **bearer(anna)) for _ in range(2))

        assert (made.status_code, found.status_code) == (201, 200)
        assert made.json()["id"] == found.json()["id"]
        assert {one["name"] for one in made.json()["members"]} == {"Anna", "Boris"}
        assert (made.json()["last_seq"], made.json()["unread"]) == (0, 0)

    def test_makes_a_group(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()

        make_direct(anna, boris)
        answer = api.post(URL, {"kind": "group", "members": [str(boris.pk)], "title": "Crew"}, **bearer(anna))
        strangers = api.post(URL, {"kind": "group", "members": [str(make_user().pk)], "title": "?"}, **bearer(anna))

        assert answer.status_code == 201
        assert (answer.json()["kind"], answer.json()["title"]) == ("group", "Crew")
        assert (strangers.status_code, strangers.json()["code"]) == (403, "not_acquainted")

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"kind": "direct", "members": []}, "/members"),
            ({"kind": "direct", "members": ["x"]}, "/members/0"),
            ({"kind": "event", "members": [str(uuid.uuid4())]}, "/kind"),
            ({"kind": "direct"}, "/members"),
            ({"kind": "group", "members": [str(uuid.uuid4())], "title": "x" * 121}, "/title"),
            ({"kind": "direct", "members": [str(uuid.uuid4()), str(uuid.uuid4())]}, "/members"),
        ],
    )
    def test_names_what_is_wrong(self, api: APIClient, body: dict[str, Any], pointer: str) -> None:
        answer = api.post(URL, body, **bearer(make_user()))

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == pointer

    def test_refuses_a_person_who_is_not_there(self, api: APIClient) -> None:
        answer = api.post(URL, {"kind": "direct", "members": [str(uuid.uuid4())]}, **bearer(make_user()))

        assert (answer.status_code, answer.json()["code"]) == (404, "person_not_found")

    def test_wants_a_sign_in(self, api: APIClient) -> None:
        assert api.post(URL, {}).status_code == api.get(URL).status_code == 401


class TestList:
    def test_lists_ones_own_with_unread_counts_latest_first(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        old, new, foreign = make_direct(anna, boris), make_group(anna, boris), make_group(boris)
        make_message(old, boris, "one")
        make_message(old, boris, "two")
        Membership.objects.filter(conversation=old, user=anna).update(delivered_seq=1, read_seq=1)

        results = api.get(URL, **bearer(anna)).json()["results"]

        assert [one["id"] for one in results] == [str(new.pk), str(old.pk)]
        assert (results[1]["unread"], results[1]["read_seq"], results[1]["last_text"]) == (1, 1, "two")
        assert str(foreign.pk) not in {one["id"] for one in results}

    def test_shows_the_last_words_though_somebody_has_reacted_to_them(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        room = make_direct(anna, boris)
        make_message(room, boris, "one")
        make_message(room, boris, kind="react", body={"emoji": "👍"}, refers_to=1)

        (listed,) = api.get(URL, **bearer(anna)).json()["results"]

        assert (listed["last_text"], listed["last_seq"]) == ("one", 2)

    def test_ones_own_messages_are_never_unread(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        room = make_direct(anna, boris)
        make_message(room, boris)
        make_message(room, anna)

        unread = [api.get(URL, **bearer(one)).json()["results"][0]["unread"] for one in (anna, boris)]

        assert unread == [1, 1]

    def test_leaves_out_what_one_has_left(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        group = make_group(boris, anna)
        Membership.objects.filter(conversation=group, user=anna).update(left_at=group.created_at)

        assert api.get(URL, **bearer(anna)).json()["results"] == []

    def test_asks_the_same_number_of_queries_for_one_and_for_many(self, api: APIClient) -> None:
        anna = make_user()
        headers = bearer(anna)
        make_message(make_direct(anna), anna)
        api.get(URL, **headers)
        one = queries(api, URL, headers)
        for _ in range(5):
            make_message(make_group(anna, make_user(), make_user()), anna)

        assert queries(api, URL, headers) == one == 3


class TestMessages:
    def test_lists_messages_in_their_order(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        room = make_direct(anna, boris)
        message, *_ = [make_message(room, anna, str(number)) for number in range(3)]

        results = api.get(f"{URL}{room.pk}/messages/", **bearer(boris)).json()["results"]

        assert [one["seq"] for one in results] == [1, 2, 3]
        assert results[0] | {"at": ""} == {
            "id": str(message.id),
            "seq": 1,
            "sender": str(anna.pk),
            "kind": "text",
            "body": {"text": "0"},
            "reply_to": None,
            "refers_to": None,
            "edited_at": None,
            "deleted_at": None,
            "at": "",
        }

    def test_lists_what_follows_a_number(self, api: APIClient) -> None:
        anna = make_user()
        room = make_direct(anna)
        for _ in range(4):
            make_message(room, anna)

        results = api.get(f"{URL}{room.pk}/messages/?after_seq=2", **bearer(anna)).json()["results"]

        assert [one["seq"] for one in results] == [3, 4]

    def test_goes_on_from_page_to_page(self, api: APIClient) -> None:
        anna = make_user()
        room, headers = make_direct(anna), bearer(anna)
        for _ in range(5):
            make_message(room, anna)

        first = api.get(f"{URL}{room.pk}/messages/?page_size=3", **headers).json()
        second = api.get(first["next"], **headers).json()

        assert [one["seq"] for one in first["results"] + second["results"]] == [1, 2, 3, 4, 5]
        assert second["next"] is None

    @pytest.mark.parametrize("value", ["x", "-1", "1e400"])
    def test_refuses_a_number_that_is_none(self, api: APIClient, value: str) -> None:
        anna = make_user()

        answer = api.get(f"{URL}{make_direct(anna).pk}/messages/?after_seq={value}", **bearer(anna))

        assert answer.status_code == 400

    def test_hides_other_peoples_conversations(self, api: APIClient) -> None:
        room = make_direct()

        for conversation_id in (room.pk, uuid.uuid4()):
            answer = api.get(f"{URL}{conversation_id}/messages/", **bearer(make_user()))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_asks_the_same_number_of_queries_for_one_and_for_many(self, api: APIClient) -> None:
        anna = make_user()
        room, headers = make_direct(anna), bearer(anna)
        make_message(room, anna)
        url = f"{URL}{room.pk}/messages/"
        api.get(url, **headers)
        one = queries(api, url, headers)
        for _ in range(5):
            make_message(room, anna)

        assert queries(api, url, headers) == one == 3
        assert Conversation.objects.get(pk=room.pk).last_seq == 6
