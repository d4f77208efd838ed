"""Retention of messages."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bus.models import OutboxRow
from messaging.models import Attachment, Message, MessageId, Reaction
from messaging.tasks import collect_files, cut_histories
from tests.factories.accounts import make_user
from tests.factories.messaging import make_attachment, make_direct, make_message

pytestmark = pytest.mark.django_db

NOW = timezone.now()
OLD = NOW - timedelta(days=31)


class TestCutHistories:
    def test_removes_from_the_beginning_and_says_so_by_a_new_epoch(self, settings: Any) -> None:
        settings.CHAT_KEPT_DAYS = 30
        anna = make_user()
        cut, whole = make_direct(anna), make_direct(anna)
        # The second is older than the first: a clock was set back, and the numbers are what counts.
        for at in (NOW - timedelta(days=29), OLD, NOW):
            make_message(cut, anna, at=at)
        make_message(whole, anna, at=NOW)
        MessageId.objects.create(sender_id=anna.pk, id=Message.objects.first().id, conversation_id=cut.pk, seq=1)  # type: ignore[union-attr]
        Reaction.objects.create(conversation_id=cut.pk, seq=1, user_id=anna.pk, emoji="👍")

        cut_histories()
        cut_histories()

        assert list(Message.objects.filter(conversation=cut).values_list("seq", flat=True)) == [3]
        assert not Reaction.objects.exists()
        assert MessageId.objects.count() == 1
        for room, epoch, last_seq in ((cut, 2, 3), (whole, 1, 1)):
            room.refresh_from_db()
            assert (room.epoch, room.last_seq) == (epoch, last_seq)
        assert OutboxRow.objects.filter(wire_type="messaging.conversation.changed.v1").count() == 1

    def test_files_go_with_their_messages(self, settings: Any) -> None:
        settings.CHAT_KEPT_DAYS = 30
        anna = make_user()
        room = make_direct(anna)
        message = make_message(room, anna, at=OLD)
        Message.objects.filter(pk=message.pk).update(kind="file")
        file = make_attachment(room, anna, message_id=message.id, status="ready", settled_at=NOW)

        cut_histories()
        collect_files()

        file.refresh_from_db()
        assert (file.status, file.refusal) == (Attachment.Status.GONE, "")

    def test_everything_is_kept_unless_the_installation_says_otherwise(self) -> None:
        anna = make_user()
        make_message(make_direct(anna), anna, at=NOW - timedelta(days=4000))

        cut_histories()

        assert Message.objects.count() == 1
