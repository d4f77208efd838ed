"""How a conversation begins on the page."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import OrganizerMember
from events.models import EventAccess
from messaging.models import Conversation, Membership, Message, Reaction
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_event
from tests.factories.messaging import make_direct, make_event_chat, make_message
from tests.messaging.pages.test_chat import data_in, signed_in

pytestmark = pytest.mark.django_db


class TestBegin:
    def test_offers_those_who_share_an_event(self) -> None:
        anna, boris = make_user(), make_user(display_name="Boris")
        event = make_event()
        EventAccess.objects.bulk_create([EventAccess(user=one, event=event) for one in (anna, boris)])

        assert "Write to Boris" in signed_in(anna).get("/chat/").content.decode()

    def test_finds_by_exact_handle_and_writes_without_a_request(self) -> None:
        anna, clara = make_user(), make_user(display_name="Clara", handle="clara")
        client = signed_in(anna)

        page = client.get("/chat/?handle=clara").content.decode()
        answer = client.post("/chat/", {"with": str(clara.pk), "handle": "clara"})

        assert "Write to Clara" in page
        assert answer.status_code == 302
        assert Conversation.objects.get().requested_by_id is None

    def test_a_handle_that_no_text_holds_finds_nobody(self) -> None:
        client = signed_in(make_user())

        found = client.get("/chat/?handle=%00")
        begun = client.post("/chat/", {"with": str(make_user().pk), "handle": "\0"})

        assert (found.status_code, "nobody with this handle" in found.content.decode()) == (200, True)
        assert begun.status_code in (302, 404)

    def test_offers_the_host_of_an_event_and_the_chat_to_who_is_in_it(self) -> None:
        host, guest, other = make_user(display_name="Host"), make_user(), make_user()
        event = make_event(title="Downstream", organizer=make_organizer(owner=host))
        room = make_event_chat(host, guest, event_id=event.pk)

        pages = [signed_in(one).get(f"/chat/?event={event.pk}").content.decode() for one in (guest, other, host)]

        link = f'href="/chat/{room.pk}/">Go to the chat of “Downstream”'
        assert [link in page for page in pages] == [True, False, True]
        assert [f'name="with" value="{host.pk}"' in page for page in pages] == [True, True, False]

    def test_offers_a_host_who_may_still_sign_in(self) -> None:
        gone, host = make_user(is_active=False), make_user()
        organizer = make_organizer(owner=gone)
        OrganizerMember.objects.create(organizer=organizer, user=host, role="owner")
        event = make_event(organizer=organizer)

        page = signed_in(make_user()).get(f"/chat/?event={event.pk}").content.decode()

        assert f'name="with" value="{host.pk}"' in page

    def test_offers_nothing_of_an_event_that_one_may_not_see(self) -> None:
        draft = make_event(status="draft")

        answers = [signed_in(make_user()).get(f"/chat/?event={one}").status_code for one in (draft.pk, "x", "%00")]

        assert answers == [404, 404, 404]

    def test_an_event_s_page_leads_to_its_organizer(self) -> None:
        event = make_event()

        assert (
            f"/chat/?event={event.pk}"
            in signed_in(make_user()).get(f"/events/{event.pk}/", follow=True).content.decode()
        )

    def test_writes_to_support(self) -> None:
        anna = make_user()

        answer = signed_in(anna).post("/chat/", {"with": "support"})

        assert answer.status_code == 302
        assert Conversation.objects.get().supported_id == anna.pk


class TestRequest:
    @pytest.mark.parametrize("answer", ["accept", "decline"])
    def test_is_answered_by_whom_it_asks(self, answer: str) -> None:
        anna, boris = make_user(), make_user()
        room = make_direct(anna, boris, requested_by_id=anna.pk)

        asking = signed_in(anna).get(f"/chat/{room.pk}/").content.decode()
        asked = signed_in(boris).get(f"/chat/{room.pk}/").content.decode()
        stranger = signed_in(make_user()).post(f"/chat/{room.pk}/answer/", {"answer": answer})
        signed_in(boris).post(f"/chat/{room.pk}/answer/", {"answer": answer})

        assert ("/answer/" in asking, "/answer/" in asked, stranger.status_code) == (False, True, 404)
        room.refresh_from_db()
        blocked = Membership.objects.get(user=boris).has_blocked
        assert (room.requested_by_id is None, blocked) == (answer == "accept", answer == "decline")

    def test_is_answered_by_post_only(self) -> None:
        room = make_direct(make_user())

        assert signed_in(make_user()).get(f"/chat/{room.pk}/answer/").status_code == 405
        assert Client().post(f"/chat/{room.pk}/answer/").status_code == 302


class TestState:
    def test_tells_what_has_become_of_messages(self) -> None:
        anna, boris = make_user(), make_user()
        room = make_direct(anna, boris)
        make_message(room, boris, "liked")
        gone = make_message(room, boris, "secret")
        Message.objects.filter(id=gone.id).update(body={}, deleted_at=timezone.now())
        Reaction.objects.create(conversation_id=room.pk, seq=1, user_id=anna.pk, emoji="👍")

        page = signed_in(anna).get(f"/chat/{room.pk}/").content.decode()

        liked, deleted = data_in(page, "chat-state")["messages"]
        assert liked["reactions"] == {"👍": [str(anna.pk)]}
        assert (deleted["deleted"], deleted["body"]) == (True, {})
        assert "This message was deleted." in page
        assert "secret" not in page
