"""What the database refuses, whoever asks."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from messaging.domain.conversations import direct_key
from messaging.models import Attachment, Conversation, Membership, Message, MessageId, MessageReport
from tests.factories.accounts import make_user
from tests.factories.messaging import make_attachment, make_direct, make_event_chat, make_group, make_message

pytestmark = pytest.mark.django_db


def refused(constraint: str) -> pytest.RaisesExc[IntegrityError]:
    return pytest.raises(IntegrityError, match=constraint)


class TestConversation:
    def test_two_people_have_one_direct_conversation(self) -> None:
        one, other = make_user(), make_user()
        make_direct(one, other)

        with refused("messaging_conversation_one_per_pair"), transaction.atomic():
            Conversation.objects.create(kind="direct", direct_key=direct_key(other.pk, one.pk))

    @pytest.mark.parametrize(("kind", "key"), [("direct", ""), ("group", "ab")])
    def test_a_direct_one_and_no_other_belongs_to_a_pair(self, kind: str, key: str) -> None:
        with refused("messaging_conversation_pair_if_direct"), transaction.atomic():
            Conversation.objects.create(kind=kind, direct_key=key)

    def test_numbers_never_go_below_zero(self) -> None:
        with refused("messaging_conversation_last_seq_natural"), transaction.atomic():
            Conversation.objects.create(kind="group", last_seq=-1)

    def test_only_somebody_who_is_helped_waits(self) -> None:
        with refused("messaging_conversation_waits_if_support"), transaction.atomic():
            Conversation.objects.create(kind="group", waiting_since=timezone.now())


class TestMembership:
    def test_a_user_is_in_a_conversation_once(self) -> None:
        user = make_user()
        group = make_group(user)

        with refused("messaging_membership_once"), transaction.atomic():
            Membership.objects.create(conversation=group, user=user)

    def test_what_was_read_was_delivered_before(self) -> None:
        user = make_user()
        group = make_group(user)

        with refused("messaging_membership_read_was_delivered"), transaction.atomic():
            Membership.objects.filter(conversation=group, user=user).update(read_seq=2, delivered_seq=1)

    def test_cursors_count_messages(self) -> None:
        user = make_user()
        group = make_group(user)

        with refused("messaging_membership_read_seq_natural"), transaction.atomic():
            Membership.objects.filter(conversation=group, user=user).update(read_seq=-1)


class TestMessage:
    def test_a_number_is_given_once(self) -> None:
        user = make_user()
        group = make_group(user)
        make_message(group, user)

        with refused("messaging_message_pkey"), transaction.atomic():
            Message.objects.create(conversation=group, seq=1, id=uuid.uuid4(), sender_id=user.pk, kind="text", body={})

    def test_numbers_begin_at_one(self) -> None:
        user = make_user()

        with refused("messaging_message_seq_from_one"), transaction.atomic():
            Message.objects.create(
                conversation=make_group(user), seq=0, id=uuid.uuid4(), sender_id=user.pk, kind="text", body={}
            )

    def test_a_reply_refers_to_an_earlier_message(self) -> None:
        user = make_user()

        with refused("messaging_message_reply_to_earlier"), transaction.atomic():
            make_message(make_group(user), user, reply_to=1)


class TestMessageId:
    def test_an_id_of_a_sender_has_one_place_for_ever(self) -> None:
        sender, message = uuid.uuid4(), uuid.uuid4()
        MessageId.objects.create(sender_id=sender, id=message, conversation_id=uuid.uuid4(), seq=1)

        with refused("messaging_messageid_.*pkey"), transaction.atomic():
            MessageId.objects.create(sender_id=sender, id=message, conversation_id=uuid.uuid4(), seq=7)

    def test_is_spread_over_partitions(self) -> None:
        with connection.cursor() as sql:
            sql.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'messaging_messageid'::regclass")

            assert sql.fetchone() == (16,)


class TestKinds:
    def test_an_event_has_one_chat(self) -> None:
        chat = make_event_chat()

        with refused("messaging_conversation_one_per_event"), transaction.atomic():
            make_event_chat(event_id=chat.event_id)

    def test_an_event_chat_belongs_to_an_event(self) -> None:
        with refused("messaging_conversation_event_if_event_chat"), transaction.atomic():
            Conversation.objects.create(kind="event")

    def test_a_person_has_one_conversation_with_support(self) -> None:
        person = uuid.uuid4()
        Conversation.objects.create(kind="support", supported_id=person)

        with refused("messaging_conversation_one_support"), transaction.atomic():
            Conversation.objects.create(kind="support", supported_id=person)

    @pytest.mark.parametrize("fields", [{"kind": "support"}, {"kind": "group", "assigned_to_id": uuid.uuid4()}])
    def test_only_support_helps(self, fields: dict[str, Any]) -> None:
        with refused("messaging_conversation_helps_if_support"), transaction.atomic():
            Conversation.objects.create(**fields)

    def test_only_a_direct_conversation_is_asked_for(self) -> None:
        with refused("messaging_conversation_request_if_direct"), transaction.atomic():
            make_group(requested_by_id=uuid.uuid4())

    def test_an_invitation_opens_one_group(self) -> None:
        make_group(invitation="x")

        with refused("messaging_conversation_invitation"), transaction.atomic():
            make_group(invitation="x")

    def test_only_a_group_has_an_invitation(self) -> None:
        with refused("messaging_conversation_invitation_if_group"), transaction.atomic():
            make_direct(invitation="x")

    def test_who_is_banned_is_not_there(self) -> None:
        user = make_user()
        group = make_group(user)

        with refused("messaging_membership_banned_has_left"), transaction.atomic():
            Membership.objects.filter(conversation=group).update(is_banned=True)


class TestCommands:
    @pytest.mark.parametrize("fields", [{"kind": "edit"}, {"kind": "edit", "refers_to": 5}, {"refers_to": 1}])
    def test_a_command_refers_to_an_earlier_message(self, fields: dict[str, Any]) -> None:
        user = make_user()
        room = make_direct(user)
        make_message(room, user)
        one = {"kind": "text", "body": {"text": "x"}} | fields

        with refused("messaging_message_refers_if_command"), transaction.atomic():
            Message.objects.create(conversation=room, seq=2, id=uuid.uuid4(), sender_id=user.pk, **one)

    def test_nothing_is_left_of_what_was_deleted(self) -> None:
        user = make_user()
        room = make_direct(user)

        with refused("messaging_message_deleted_is_empty"), transaction.atomic():
            make_message(room, user, deleted_at=timezone.now())


class TestReport:
    def test_a_member_reports_a_message_once(self) -> None:
        user = make_user()
        room = make_direct(user)
        MessageReport.objects.create(conversation=room, seq=1, reporter=user, reason="spam")

        with refused("messaging_report_once"), transaction.atomic():
            MessageReport.objects.create(conversation=room, seq=1, reporter=user, reason="abuse")

    def test_a_decision_has_somebody_who_made_it(self) -> None:
        user = make_user()

        with refused("messaging_report_decided_by"), transaction.atomic():
            MessageReport.objects.create(
                conversation=make_direct(user), seq=1, reporter=user, reason="spam", status="upheld"
            )


class TestAttachment:
    @pytest.mark.parametrize(
        ("field", "constraint"),
        [
            ("message_id", "messaging_attachment_once"),
            ("token_hash", "messaging_attachment_token"),
            ("key", "messaging_attachment_key"),
        ],
    )
    def test_an_action_a_token_and_a_place_belong_to_one_file(self, field: str, constraint: str) -> None:
        user = make_user()
        room = make_direct(user)
        first = make_attachment(room, user)

        with refused(constraint), transaction.atomic():
            make_attachment(room, user, **{field: getattr(first, field)})

    @pytest.mark.parametrize(
        ("fields", "constraint"),
        [
            ({"size": 0}, "messaging_attachment_size_positive"),
            ({"sha256": "f" * 63}, "messaging_attachment_sha256_hex"),
            ({"status": "ready"}, "messaging_attachment_settled_at"),
            ({"status": "refused", "settled_at": timezone.now()}, "messaging_attachment_refusal_if_refused"),
        ],
    )
    def test_holds_its_own_rules(self, fields: dict[str, Any], constraint: str) -> None:
        user = make_user()

        with refused(constraint), transaction.atomic():
            make_attachment(make_direct(user), user, **fields)
        assert not Attachment.objects.exists()
