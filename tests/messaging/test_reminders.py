"""Reminders of what is unread."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bus.models import OutboxRow
from common.transactions import use_case
from messaging import tasks
from messaging.adapters.orm.reminders import find_late, remind
from messaging.models import Membership, Message
from tests.factories.accounts import make_user
from tests.factories.messaging import make_direct, make_group, make_message

pytestmark = pytest.mark.django_db

# Later than the test's memberships: what was written before somebody came reminds nobody.
NOW = timezone.now() + timedelta(hours=1)
DELAY = timedelta(minutes=5)
LATER = NOW + timedelta(minutes=6)


def told() -> list[dict[str, Any]]:
    rows = OutboxRow.objects.filter(wire_type="messaging.messages.unread.v1").order_by("id")
    return [json.loads(row.payload) for row in rows]


def go_round(*there: uuid.UUID, now: Any = LATER) -> int:
    late = find_late(after=uuid.UUID(int=0), delay=DELAY, now=now)
    with use_case():
        return remind(late=late, there=there)


class TestRemind:
    def test_tells_who_is_away_once_until_they_have_read(self) -> None:
        anna, boris = make_user(display_name="Anna"), make_user()
        room = make_direct(anna, boris)
        make_message(room, anna, at=NOW)
        make_message(room, anna, at=NOW)

        counts = [go_round(), go_round()]
        make_message(room, anna, at=NOW)
        counts.append(go_round())
        Membership.objects.filter(user=boris).update(read_seq=3, delivered_seq=3)
        make_message(room, anna, at=NOW)
        counts.append(go_round())

        assert counts == [1, 0, 0, 1]
        first, second = told()
        assert (first["user_id"], first["conversation_id"]) == (str(boris.pk), str(room.pk))
        assert (first["sender_name"], first["title"], first["unread"], first["last_seq"]) == ("Anna", "Anna", 2, 2)
        assert (second["unread"], second["last_seq"]) == (1, 4)

    @pytest.mark.parametrize(
        ("words", "is_mentioned"),
        [
            ("@boris, the boat!", True),
            ("the boat, @Boris", True),
            ("(@boris)", True),
            ("@boris_2 has it", False),
            ("mail boris@boris.example", False),
            ("boris", False),
        ],
    )
    def test_says_whether_the_member_was_named_by_their_handle(self, words: str, is_mentioned: bool) -> None:
        anna, vera = make_user(display_name="Anna"), make_user(display_name="Vera")
        room = make_group(anna, vera, make_user(handle="boris"))
        make_message(room, anna, words, at=NOW)
        make_message(room, vera, "I am not", at=NOW)

        go_round(anna.pk, vera.pk)

        [fact] = told()
        assert (fact["is_mentioned"], fact["sender_name"]) == (is_mentioned, "Anna" if is_mentioned else "Vera")

    def test_waits_until_it_has_been_unread_for_a_while(self) -> None:
        anna, boris = make_user(), make_user()
        make_message(make_direct(anna, boris), anna, at=NOW)

        assert go_round(now=NOW + timedelta(minutes=4)) == 0

    def test_leaves_alone_who_is_there_has_muted_has_read_or_has_left(self) -> None:
        anna, *others = [make_user() for _ in range(5)]
        there, muting, reading, gone = others
        room = make_group(anna, *others)
        make_message(room, anna, at=NOW)
        own = Membership.objects.filter(conversation=room)
        own.filter(user=muting).update(is_muted=True)
        own.filter(user=reading).update(read_seq=1, delivered_seq=1)
        own.filter(user=gone).update(left_at=NOW)

        assert go_round(there.pk) == 0
        assert go_round() == 1

    def test_what_was_written_before_somebody_came_and_what_was_deleted_reminds_nobody(self) -> None:
        anna, boris = make_user(), make_user()
        room = make_direct(anna, boris)
        make_message(room, anna, at=NOW - timedelta(days=2))
        Message.objects.filter(pk=make_message(room, anna, at=NOW).pk).update(body={}, deleted_at=NOW)

        assert go_round() == 0

    def test_who_reads_meanwhile_is_not_told(self) -> None:
        anna, boris = make_user(), make_user()
        make_message(make_direct(anna, boris), anna, at=NOW)
        late = find_late(after=uuid.UUID(int=0), delay=DELAY, now=LATER)
        Membership.objects.filter(user=boris).update(read_seq=1, delivered_seq=1)

        with use_case():
            assert remind(late=late, there=()) == 0

        assert told() == []

    def test_asks_as_many_queries_for_many_as_for_one(self, django_assert_num_queries: Any) -> None:
        counts = []
        for people in (1, 20):
            for _ in range(people):
                anna = make_user()
                make_message(make_direct(anna), anna, at=NOW)
            late = find_late(after=uuid.UUID(int=0), delay=DELAY, now=LATER)
            with use_case(), django_assert_num_queries(3):
                counts.append(remind(late=late, there=()))

        assert counts == [1, 20]

    def test_the_clock_goes_through_all_of_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks, "AT_ONCE", 2)
        monkeypatch.setattr("messaging.adapters.orm.reminders.AT_ONCE", 2)
        for _ in range(5):
            anna = make_user()
            make_message(make_direct(anna), anna, at=NOW - timedelta(hours=2))
        Membership.objects.update(joined_at=NOW - timedelta(days=1))

        tasks.remind_of_unread()

        assert len(told()) == 5
