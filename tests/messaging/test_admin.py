"""Conversations in the back office."""

import uuid

import pytest
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import User
from accounts.second_factor import SESSION_KEY
from audit.models import AuditEntry
from bus.models import OutboxRow
from bus.services.record_fact import record_fact
from common.transactions import use_case
from messaging.adapters.postgres.posting import post_message
from messaging.adapters.redis.looking import credits_left
from messaging.domain.drafts import Draft
from messaging.domain_events import PressureChanged
from messaging.models import Conversation, Membership, MessageReport
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
        looked = AuditEntry.objects.get(action="messaging.view_conversation")
        assert (looked.target_id, looked.actor_id is not None) == (str(room.pk), True)

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


class TestReports:
    URL = "/admin/messaging/messagereport/"

    def test_are_read_with_a_reason_and_decided_once(self, client: Client) -> None:
        anna, boris = make_user(display_name="Anna"), make_user()
        room = make_direct(anna, boris)
        make_message(room, anna, "Buy now!")
        report = MessageReport.objects.create(conversation=room, seq=1, reporter=boris, reason="spam")
        place = f"{self.URL}{report.pk}/change/"

        before = client.get(place).content.decode()
        read = client.post(place, {"reason": "reported"}).content.decode()
        client.post(place, {"decision": "close"})

        assert "Buy now!" not in before
        assert "Buy now!" in read
        report.refresh_from_db()
        room.refresh_from_db()
        assert report.status == "upheld"
        assert room.closed_at is not None
        assert list(AuditEntry.objects.order_by("id").values_list("action", "reason")) == [
            ("messaging.read_reported", "reported"),
            ("messaging.decide_report", ""),
        ]
        assert client.get(self.URL).status_code == 200


class TestSupportQueue:
    def test_shows_who_waits_and_lets_staff_take_it_on(self, client: Client) -> None:
        anna = make_user()
        waiting = Conversation.objects.create(kind="support", supported_id=anna.pk, waiting_since=timezone.now())
        answered = Conversation.objects.create(kind="support", supported_id=make_user().pk)

        page = client.get(URL, {"waiting": "nobody"}).content.decode()
        client.post(URL, {"action": "take_on", "_selected_action": [str(waiting.pk)]})

        assert str(waiting.pk) in page
        assert str(answered.pk) not in page
        waiting.refresh_from_db()
        assert waiting.assigned_to_id is not None
        assert AuditEntry.objects.get().action == "messaging.assign_support"


class TestTools:
    def test_explains_what_became_of_a_message_and_not_what_it_says(self, client: Client) -> None:
        anna, boris = make_user(display_name="Anna"), make_user(display_name="Boris")
        room = make_direct(anna, boris)
        draft = Draft(anna.pk, uuid.uuid4(), room.pk, "text", b'{"text": "a secret"}')
        with use_case():
            post_message(draft=draft)
        Membership.objects.filter(user=boris).update(delivered_seq=1)

        page = client.post(f"{URL}explain/", {"message_id": str(draft.id), "reason": "a complaint"}).content.decode()
        unknown = client.post(f"{URL}explain/", {"message_id": str(uuid.uuid4()), "reason": "x"})

        assert "Boris" in page
        assert "a secret" not in page
        assert str(OutboxRow.objects.get(wire_type="messaging.message.committed.v1").fact_id) in page
        assert unknown.status_code == 200
        assert list(AuditEntry.objects.values_list("action", "target_id", "reason")) == [
            ("messaging.explain_message", f"{room.pk}/1", "a complaint")
        ]

    def test_shows_what_nodes_notice(self, client: Client) -> None:
        with use_case():
            record_fact(PressureChanged(node="node-7", figures={"level": 0.9}, state="shedding"))

        page = client.get(f"{URL}live/").content.decode()

        assert "node-7" in page
        assert "shedding" in page

    def test_grants_credits_and_writes_it_down(self, client: Client) -> None:
        anna = make_user(email="anna@example.com")

        answer = client.post(f"{URL}credits/", {"email": "anna@example.com", "amount": 500, "reason": "a hackathon"})
        nobody = client.post(f"{URL}credits/", {"email": "no@example.com", "amount": 1, "reason": "x"})

        assert (answer.status_code, nobody.status_code) == (302, 200)
        assert credits_left(anna.pk) == (None, 500)
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.target_id, entry.reason) == (
            "messaging.grant_credits",
            str(anna.pk),
            "a hackathon",
        )

    @pytest.mark.parametrize("tool", ["live", "explain", "credits"])
    def test_is_for_staff_with_the_role(self, client: Client, tool: str) -> None:
        User.objects.filter(is_superuser=True).update(is_superuser=False)

        assert client.get(f"{URL}{tool}/").status_code == 403
