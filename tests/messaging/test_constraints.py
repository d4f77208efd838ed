"""What the database refuses, whoever asks."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from messaging.domain.conversations import direct_key
from messaging.models import Conversation, Membership, Message, MessageId
from tests.factories.accounts import make_user
from tests.factories.messaging import make_direct, make_group, make_message

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
