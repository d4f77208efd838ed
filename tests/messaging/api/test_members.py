"""Groups, requests, marks, reports, support and people over REST."""

import uuid
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from audit.models import AuditEntry
from bus.models import OutboxRow
from common.problems import NotFound
from common.transactions import use_case
from events.models import EventAccess
from messaging.adapters.orm import selectors
from messaging.adapters.orm.reports import ReportDecided, decide_report, read_reported, reopen_conversation
from messaging.models import Conversation, Membership, MessageReport
from messaging.wiring import take_support
from tests.factories.accounts import bearer, make_organizer, make_user
from tests.factories.events import make_event
from tests.factories.messaging import make_direct, make_event_chat, make_group, make_message

pytestmark = pytest.mark.django_db
URL = "/api/v1/conversations/"


def changes_of(conversation: Conversation) -> int:
    wire_type = "messaging.conversation.changed.v1"
    return OutboxRow.objects.filter(wire_type=wire_type, key=str(conversation.pk)).count()


def present(conversation: Conversation) -> dict[uuid.UUID, str]:
    members = Membership.objects.filter(conversation=conversation, left_at__isnull=True)
    return dict(members.values_list("user_id", "role"))


def direct(api: APIClient, one: User, other: User, **more: Any) -> dict[str, Any]:
    answer = api.post(URL, {"kind": "direct", "members": [str(other.pk)]} | more, **bearer(one))
    assert answer.status_code in (200, 201), answer.content
    return dict(answer.json())


class TestRequests:
    def test_a_stranger_asks_and_the_other_accepts(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        made = direct(api, anna, boris)

        own = api.post(f"{URL}{made['id']}/accept/", **bearer(anna))
        accepted = [api.post(f"{URL}{made['id']}/accept/", **bearer(boris)).status_code for _ in range(2)]

        assert made["requested_by"] == str(anna.pk)
        assert (own.status_code, accepted) == (404, [204, 204])
        assert Conversation.objects.get().requested_by_id is None

    def test_declining_blocks(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        made = direct(api, anna, boris)

        assert api.post(f"{URL}{made['id']}/decline/", **bearer(boris)).status_code == 204
        assert Membership.objects.get(user=boris).has_blocked

    def test_who_has_declined_may_still_accept(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        made = direct(api, anna, boris)

        answers = [api.post(f"{URL}{made['id']}/{one}/", **bearer(boris)).status_code for one in ("decline", "accept")]

        assert answers == [204, 204]
        assert Conversation.objects.get().requested_by_id is None
        assert not Membership.objects.filter(has_blocked=True).exists()

    def test_who_shares_an_event_is_no_stranger(self, api: APIClient) -> None:
        anna, boris, event = make_user(), make_user(), make_event()
        EventAccess.objects.bulk_create([EventAccess(user=one, event=event) for one in (anna, boris)])

        assert direct(api, anna, boris)["requested_by"] is None

    def test_an_organizer_is_written_to_by_everybody_and_writes_to_its_guests(self, api: APIClient) -> None:
        host, guest, stranger = make_user(), make_user(), make_user()
        event = make_event(organizer=make_organizer(owner=host))
        EventAccess.objects.create(user=guest, event=event)

        assert direct(api, stranger, host)["requested_by"] is None
        assert direct(api, host, guest)["requested_by"] is None
        assert direct(api, host, make_user())["requested_by"] == str(host.pk)

    def test_who_gives_the_exact_handle_is_no_stranger(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user(handle="boris")

        found = api.post(URL, {"kind": "direct", "handle": "@Boris"}, **bearer(anna))
        unknown = api.post(URL, {"kind": "direct", "handle": "nobody"}, **bearer(anna))

        assert found.json()["requested_by"] is None
        assert {str(anna.pk), str(boris.pk)} == {one["id"] for one in found.json()["members"]}
        assert (unknown.status_code, unknown.json()["code"]) == (404, "person_not_found")


class TestGroup:
    def test_its_leader_adds_people_and_others_do_not(self, api: APIClient) -> None:
        owner, member, new = make_user(), make_user(), make_user()
        group = make_group(owner, member)
        make_direct(owner, new)
        body = {"members": [str(new.pk)]}

        refused = api.post(f"{URL}{group.pk}/members/", body, **bearer(member))
        stranger = api.post(f"{URL}{group.pk}/members/", body, **bearer(new))
        added = api.post(f"{URL}{group.pk}/members/", body, **bearer(owner))

        assert (refused.status_code, refused.json()["code"], stranger.status_code) == (403, "leaders_only", 404)
        assert added.status_code == 200
        unknown = api.post(f"{URL}{group.pk}/members/", {"members": [str(make_user().pk)]}, **bearer(owner))
        assert (unknown.status_code, unknown.json()["code"]) == (403, "not_acquainted")
        assert present(group)[new.pk] == "member"
        group.refresh_from_db()
        assert (group.members_version, changes_of(group)) == (2, 1)

    def test_has_room_for_so_many(self, api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("messaging.application.rooms.add_members.GROUP_MEMBERS", 2)
        owner, new = make_user(), make_user()
        group = make_group(owner, make_user())
        make_direct(owner, new)

        answer = api.post(f"{URL}{group.pk}/members/", {"members": [str(new.pk)]}, **bearer(owner))

        assert (answer.status_code, answer.json()["code"]) == (409, "conversation_full")

    def test_members_leave_and_the_last_owner_hands_it_over(self, api: APIClient) -> None:
        owner, admin, member = make_user(), make_user(), make_user()
        group = make_group(owner, member, admin)
        Membership.objects.filter(user=admin).update(role="admin")

        answer = api.delete(f"{URL}{group.pk}/members/{owner.pk}/", **bearer(owner))

        assert answer.status_code == 204
        assert present(group) == {admin.pk: "owner", member.pk: "member"}

    def test_whom_a_leader_removes_does_not_come_back_by_the_invitation(self, api: APIClient) -> None:
        owner, member = make_user(), make_user()
        group = make_group(owner, member)
        link = api.post(f"{URL}{group.pk}/invitation/", **bearer(owner)).json()

        by_member = api.delete(f"{URL}{group.pk}/members/{owner.pk}/", **bearer(member))
        removed = api.delete(f"{URL}{group.pk}/members/{member.pk}/", **bearer(owner))
        back = api.post(f"{URL}join/", link, **bearer(member))

        assert (by_member.status_code, removed.status_code, back.status_code) == (403, 204, 404)
        assert present(group) == {owner.pk: "owner"}

    def test_whoever_has_the_invitation_joins_until_it_ends(self, api: APIClient) -> None:
        owner, guest, late = make_user(), make_user(), make_user()
        group = make_group(owner)
        link = api.post(f"{URL}{group.pk}/invitation/", **bearer(owner)).json()

        joined = [api.post(f"{URL}join/", link, **bearer(guest)).status_code for _ in range(2)]
        ended = api.delete(f"{URL}{group.pk}/invitation/", **bearer(owner))
        too_late = api.post(f"{URL}join/", link, **bearer(late))
        empty = api.post(f"{URL}join/", {"invitation": ""}, **bearer(late))

        assert (joined, ended.status_code, too_late.status_code, empty.status_code) == ([200, 200], 204, 404, 400)
        assert set(present(group)) == {owner.pk, guest.pk}

    def test_its_owner_gives_roles(self, api: APIClient) -> None:
        owner, member = make_user(), make_user()
        group = make_group(owner, member)
        place = f"{URL}{group.pk}/members/{member.pk}/"

        by_member = api.patch(f"{URL}{group.pk}/members/{owner.pk}/", {"role": "member"}, **bearer(member))
        given = api.patch(place, {"role": "owner"}, **bearer(owner))

        assert (by_member.status_code, given.status_code) == (403, 200)
        assert present(group) == {owner.pk: "admin", member.pk: "owner"}

    def test_a_direct_conversation_is_no_group(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        room = make_direct(anna, boris)

        added = api.post(f"{URL}{room.pk}/members/", {"members": [str(make_user().pk)]}, **bearer(anna))
        left = api.delete(f"{URL}{room.pk}/members/{anna.pk}/", **bearer(anna))

        assert [one.json()["code"] for one in (added, left)] == ["wrong_conversation_kind"] * 2


class TestMarks:
    def test_a_member_mutes_and_blocks_alone(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        room = make_direct(anna, boris)

        answer = api.patch(f"{URL}{room.pk}/marks/", {"is_muted": True, "has_blocked": True}, **bearer(anna))
        stranger = api.patch(f"{URL}{room.pk}/marks/", {"is_muted": True}, **bearer(make_user()))

        assert (answer.status_code, stranger.status_code) == (204, 404)
        own = Membership.objects.get(user=anna)
        assert (own.is_muted, own.has_blocked) == (True, True)
        (listed,) = api.get(URL, **bearer(anna)).json()["results"]
        assert (listed["is_muted"], listed["has_blocked"]) == (True, True)

    def test_a_group_is_not_blocked(self, api: APIClient) -> None:
        anna = make_user()

        answer = api.patch(f"{URL}{make_group(anna).pk}/marks/", {"has_blocked": True}, **bearer(anna))

        assert answer.json()["code"] == "wrong_conversation_kind"


class TestReports:
    def test_one_decision_is_of_all_who_have_reported_the_message(self, api: APIClient) -> None:
        anna, boris, clara, moderator = make_user(), make_user(), make_user(), make_user(is_staff=True)
        room = make_group(anna, boris, clara)
        make_message(room, boris, "Buy now!")
        make_message(room, boris, "Hello.")
        for reporter, seq in ((anna, 1), (clara, 1), (anna, 2)):
            api.post(f"{URL}{room.pk}/reports/", {"seq": seq, "reason": "spam"}, **bearer(reporter))

        first = MessageReport.objects.get(reporter=clara)
        with use_case():
            decide_report(actor_id=moderator.pk, report_id=first.pk, is_upheld=True, now=timezone.now())

        assert list(MessageReport.objects.order_by("seq").values_list("seq", "status")) == [
            (1, "upheld"),
            (1, "upheld"),
            (2, "open"),
        ]

    def test_nobody_reports_what_they_wrote_themselves(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        room = make_direct(anna, boris)
        make_message(room, anna, "Buy now!")

        answer = api.post(f"{URL}{room.pk}/reports/", {"seq": 1, "reason": "spam"}, **bearer(anna))

        assert answer.status_code == 404
        assert not MessageReport.objects.exists()

    def test_a_message_is_reported_once_and_decided_once(self, api: APIClient) -> None:
        anna, boris, moderator = make_user(), make_user(), make_user(is_staff=True)
        room = make_direct(anna, boris)
        make_message(room, boris, "Buy now!")
        body = {"seq": 1, "reason": "spam"}

        first, again = (api.post(f"{URL}{room.pk}/reports/", body, **bearer(anna)) for _ in range(2))
        nowhere = api.post(f"{URL}{room.pk}/reports/", {"seq": 9, "reason": "spam"}, **bearer(anna))
        report = MessageReport.objects.get()
        with use_case():
            seen = read_reported(actor_id=moderator.pk, report_id=report.pk, reason="looking")
        with use_case():
            decide_report(actor_id=moderator.pk, report_id=report.pk, is_upheld=True, closes=True, now=timezone.now())
        with pytest.raises(ReportDecided), use_case():
            decide_report(actor_id=moderator.pk, report_id=report.pk, is_upheld=False, now=timezone.now())

        assert (first.status_code, again.status_code, nowhere.status_code) == (201, 201, 404)
        assert [one.body["text"] for one in seen] == ["Buy now!"]
        room.refresh_from_db()
        assert room.closed_at is not None
        actions = set(AuditEntry.objects.values_list("action", flat=True))
        assert actions == {"messaging.read_reported", "messaging.decide_report"}

    def test_a_moderator_lets_members_write_again(self) -> None:
        room = make_direct(closed_at=timezone.now())
        moderator = make_user(is_staff=True)

        with use_case():
            reopen_conversation(actor_id=moderator.pk, conversation_id=room.pk)
        with pytest.raises(NotFound), use_case():
            reopen_conversation(actor_id=moderator.pk, conversation_id=room.pk)

        room.refresh_from_db()
        assert room.closed_at is None


class TestSupport:
    def test_a_person_has_one_conversation_with_support(self, api: APIClient) -> None:
        anna = make_user()

        made, found = (api.post(URL, {"kind": "support"}, **bearer(anna)) for _ in range(2))

        assert (made.status_code, found.status_code) == (201, 200)
        assert made.json()["id"] == found.json()["id"]

    def test_the_queue_is_for_staff_with_a_second_factor(self, api: APIClient) -> None:
        answers = [
            api.get("/api/v1/support/conversations/", **bearer(make_user(is_staff=one))) for one in (False, True)
        ]

        assert [one.status_code for one in answers] == [403, 403]

    def test_one_administrator_answers_at_a_time(self) -> None:
        anna, first, second = make_user(), make_user(), make_user()
        room = Conversation.objects.create(kind="support", supported_id=anna.pk)
        Membership.objects.create(conversation=room, user=anna)

        for admin in (first, second):
            with use_case():
                take_support(conversation_id=room.pk, assignee_id=admin.pk, now=timezone.now())
        taken = present(room)
        with use_case():
            take_support(conversation_id=room.pk, assignee_id=None, now=timezone.now())

        assert taken == {anna.pk: "member", second.pk: "admin"}
        assert present(room) == {anna.pk: "member"}
        with pytest.raises(NotFound), use_case():
            take_support(conversation_id=make_group(anna).pk, assignee_id=first.pk, now=timezone.now())


class TestPeople:
    def test_are_found_by_shared_event_or_exact_handle_only(self, api: APIClient) -> None:
        anna, boris, clara = make_user(), make_user(display_name="Boris"), make_user(handle="clara")
        event = make_event()
        EventAccess.objects.bulk_create([EventAccess(user=one, event=event) for one in (anna, boris)])

        shared = api.get("/api/v1/chat/people/", **bearer(anna)).json()["results"]
        handle = api.get("/api/v1/chat/people/?handle=CLARA", **bearer(anna)).json()["results"]
        part = api.get("/api/v1/chat/people/?handle=clar", **bearer(anna)).json()["results"]

        hosts = set(event.organizer.members.values_list("user_id", flat=True))
        assert {uuid.UUID(one["id"]) for one in shared} == {boris.pk, *hosts}
        assert [one["id"] for one in handle] == [str(clara.pk)]
        assert part == []

    def test_choose_what_they_show(self, api: APIClient) -> None:
        anna = make_user()
        before = api.get("/api/v1/chat/profile/", **bearer(anna)).json()

        api.patch("/api/v1/chat/profile/", {"shows_presence": False}, **bearer(anna))

        assert before == {"shows_presence": True}
        assert api.get("/api/v1/chat/profile/", **bearer(anna)).json() == {"shows_presence": False}


class TestSearch:
    def test_finds_words_in_their_forms_in_both_languages(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        room, other = make_direct(anna, boris), make_direct(anna)
        make_message(room, boris, "Возьмите лодки и вёсла")
        make_message(room, boris, "The boats are waiting")
        make_message(other, anna, "лодка в другой беседе")

        def found(words: str, user: User = anna) -> Any:
            answer = api.get(f"{URL}{room.pk}/search/", {"q": words}, **bearer(user))
            return [one["seq"] for one in answer.json()["results"]] if answer.status_code == 200 else answer.status_code

        assert (found("лодка"), found("boat"), found("waiting -boats")) == ([1], [2], [])
        assert (found("boat", make_user()), found("")) == (404, 400)


class TestEventChat:
    def test_unread_counts_leave_reactions_out(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        chat = make_event_chat(anna, boris)
        message = make_message(chat, anna)
        chat.last_seq += 1
        chat.save()
        chat.messages.create(
            seq=2, id=uuid.uuid4(), sender_id=anna.pk, kind="react", body={"emoji": "👍"}, refers_to=message.seq
        )

        (listed,) = api.get(URL, **bearer(boris)).json()["results"]

        assert (listed["unread"], listed["event"]) == (1, str(chat.event_id))


class TestList:
    def test_gives_all_in_pages_and_the_conversation_only_the_first(
        self, api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        people = [make_user(display_name=f"Guest {number}") for number in range(5)]
        room = make_group(*people)
        monkeypatch.setattr(selectors, "LISTED_MEMBERS", 3)

        shown = api.get(URL, **bearer(people[0])).json()["results"][0]
        first = api.get(f"{URL}{room.pk}/members/?page_size=3", **bearer(people[0])).json()
        rest = api.get(first["next"], **bearer(people[0])).json()
        last = people[4]
        (one,) = api.get(f"{URL}{room.pk}/members/?user={last.pk}", **bearer(people[0])).json()["results"]

        assert (len(shown["members"]), shown["members_count"]) == (3, 5)
        assert {member["id"] for member in first["results"] + rest["results"]} == {str(one.pk) for one in people}
        assert (one["id"], one["name"]) == (str(last.pk), "Guest 4")

    def test_is_for_members_only_and_leaves_out_who_has_left(self, api: APIClient) -> None:
        anna, boris = make_user(), make_user()
        room = make_group(anna, boris)
        Membership.objects.filter(user=boris).update(left_at=timezone.now())

        own = api.get(f"{URL}{room.pk}/members/", **bearer(anna)).json()["results"]
        other = api.get(f"{URL}{room.pk}/members/", **bearer(boris))
        wrong = api.get(f"{URL}{room.pk}/members/?user=x", **bearer(anna))

        assert [one["id"] for one in own] == [str(anna.pk)]
        assert (other.status_code, wrong.status_code) == (404, 400)

    def test_asks_the_store_as_often_for_many_as_for_one(self, api: APIClient, django_assert_num_queries: Any) -> None:
        anna = make_user()
        one, many = make_group(anna), make_group(anna, *(make_user() for _ in range(4)))
        headers = bearer(anna)
        api.get(f"{URL}{one.pk}/members/", **headers)

        for room in (one, many):
            with django_assert_num_queries(3):
                api.get(f"{URL}{room.pk}/members/", **headers)


class TestHandle:
    def test_a_handle_that_no_text_holds_is_refused(self, api: APIClient) -> None:
        anna = make_user()

        listed = api.get("/api/v1/chat/people/?handle=%00", **bearer(anna))
        opened = api.post(URL, {"kind": "direct", "members": [str(make_user().pk)], "handle": "a\x00"}, **bearer(anna))

        assert (listed.status_code, listed.json()["errors"][0]["pointer"]) == (400, "/handle")
        assert opened.status_code == 400
