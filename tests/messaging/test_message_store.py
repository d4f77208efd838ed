"""What only the real store can show: the unique index, poisoned rows, the outbox row."""

import asyncio
import json
import uuid
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from accounts.models import User
from bus.models import OutboxRow
from bus.services.record_fact import record_fact
from common.transactions import use_case
from messaging.adapters.postgres import message_store
from messaging.adapters.postgres.cards import Cards
from messaging.adapters.postgres.message_store import PostgresMessageStore
from messaging.application.ports import Rejected
from messaging.domain.drafts import Draft
from messaging.domain.errors import INVALID, PortUnavailable
from messaging.domain.parcels import Stored
from messaging.domain_events import CommittedMessage, MessagesCommitted
from messaging.models import Conversation, Membership, Message
from messaging.wiring import make_resources
from tests.factories.accounts import make_user
from tests.factories.messaging import make_direct
from tests.messaging.contracts.conftest import parameters
from tests.messaging.contracts.test_message_store import draft

pytestmark = pytest.mark.django_db(transaction=True)


async def append(*drafts: Draft, meanwhile: Any = None) -> list[Stored | Rejected]:
    resources = make_resources()
    await resources.open()
    store = PostgresMessageStore(writers=resources.writers, readers=resources.readers, cards=Cards())
    try:
        writing = asyncio.create_task(store.append(drafts, lane=1))
        if meanwhile is not None:
            await meanwhile(writing)
        return await writing
    finally:
        await resources.close()


class TestAppend:
    def test_waits_for_who_is_storing_the_same_id_elsewhere_and_answers_with_its_place(self) -> None:
        anna = make_user()
        here, elsewhere = make_direct(anna), make_direct(anna)
        one = draft(anna.pk, here.pk)

        async def scenario() -> list[Stored | Rejected]:
            async with await psycopg.AsyncConnection.connect(**parameters()) as other:
                await other.execute(
                    "INSERT INTO messaging_messageid (sender_id, id, conversation_id, seq) VALUES (%s, %s, %s, 1)",
                    [anna.pk, one.id, elsewhere.pk],
                )

                async def commit_when_blocked(writing: asyncio.Task[Any]) -> None:
                    async with await psycopg.AsyncConnection.connect(**parameters(), autocommit=True) as watcher:
                        blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
                        while (await (await watcher.execute(blocked)).fetchone()) == (0,):
                            assert not writing.done()
                            await asyncio.sleep(0.01)
                    await other.commit()

                return await append(one, meanwhile=commit_when_blocked)

        (answer,) = asyncio.run(scenario())

        assert isinstance(answer, Stored)
        assert (answer.conversation_id, answer.seq, answer.is_duplicate) == (elsewhere.pk, 1, True)
        here.refresh_from_db()
        assert here.last_seq == 0

    def test_a_message_that_the_database_refuses_does_not_take_its_batch_with_it(self) -> None:
        anna = make_user()
        room = make_direct(anna)
        poisoned = Draft(anna.pk, uuid.uuid4(), room.pk, "text", b'{"text": "\\u0000"}', None)

        answers = asyncio.run(append(draft(anna.pk, room.pk, "one"), poisoned, draft(anna.pk, room.pk, "two")))

        assert answers[1] == Rejected(INVALID)
        assert list(Message.objects.order_by("seq").values_list("seq", "body__text")) == [(1, "one"), (2, "two")]

    def test_who_is_helped_waits_until_somebody_answers(self) -> None:
        anna, staff = make_user(), make_user(is_staff=True)
        room = Conversation.objects.create(kind="support", supported_id=anna.pk)
        Membership.objects.create(conversation=room, user=anna)
        Membership.objects.create(conversation=room, user=staff, role="admin")

        def waiting_after(*senders: User) -> datetime | None:
            asyncio.run(append(*(draft(sender.pk, room.pk) for sender in senders)))
            room.refresh_from_db()
            return room.waiting_since

        asked = waiting_after(anna)
        still = waiting_after(anna)
        answered = waiting_after(anna, staff)
        again = waiting_after(staff, anna)

        assert asked is not None
        assert (still, answered) == (asked, None)
        assert again is not None
        assert again > asked

    def test_its_outbox_row_is_what_record_fact_writes(self) -> None:
        anna = make_user()
        room = make_direct(anna)
        one = draft(anna.pk, room.pk)
        asyncio.run(append(one))
        message = CommittedMessage(id=one.id, conversation_id=room.pk, seq=1, sender_id=anna.pk, kind="text")

        with use_case():
            record_fact(MessagesCommitted(lane="1", messages=[message]))

        written, recorded = OutboxRow.objects.order_by("id")
        for field in ("wire_type", "topic", "key", "payload"):
            assert getattr(written, field) == getattr(recorded, field)
        assert json.loads(written.payload)["messages"][0]["seq"] == 1

    def test_says_so_when_the_database_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(message_store, "PAUSE_SECONDS", 0.0)

        async def scenario() -> None:
            nowhere: AsyncConnectionPool[Any] = AsyncConnectionPool(
                "host=127.0.0.1 port=1", min_size=0, max_size=1, timeout=0.05, open=False
            )
            await nowhere.open()
            try:
                store = PostgresMessageStore(writers=nowhere, readers=nowhere, cards=Cards())
                with pytest.raises(PortUnavailable):
                    await store.append([draft(uuid.uuid4(), uuid.uuid4())], lane=0)
            finally:
                await nowhere.close()

        asyncio.run(scenario())
