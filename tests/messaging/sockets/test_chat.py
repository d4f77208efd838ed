"""Real sockets, real PostgreSQL, real Redis."""

import asyncio
import json
import uuid
from collections.abc import Callable

import pytest
from websockets.exceptions import ConnectionClosed

from bus.models import OutboxRow
from messaging.models import Membership, Message, MessageId
from tests.factories.accounts import make_user
from tests.factories.messaging import make_direct, make_message
from tests.messaging.sockets.conftest import Server, connected, token_of

pytestmark = [pytest.mark.django_db(transaction=True)]


class TestChat:
    def test_two_people_chat_and_everything_is_stored(self, server: Server) -> None:
        anna, boris = make_user(), make_user()
        room, tokens = make_direct(anna, boris), (token_of(anna), token_of(boris))

        async def scenario() -> None:
            async with connected(server, tokens[0]) as one, connected(server, tokens[1]) as other:
                await one.write(room.pk, "Hello!")
                (ack,) = await one.got("ack")
                (message,) = await other.got("message")
                await other.say(type="read", positions=[[room.pk, message["seq"]]])
                (receipt,) = await one.got("receipt")
                assert (ack["seq"], message["body"], receipt["read"]) == (1, {"text": "Hello!"}, 1)

        asyncio.run(scenario())

        message = Message.objects.get()
        assert (message.seq, message.sender_id, message.body) == (1, anna.pk, {"text": "Hello!"})
        assert MessageId.objects.get().seq == 1
        assert Membership.objects.get(user=boris).read_seq == 1
        row = OutboxRow.objects.get(wire_type="messaging.message.committed.v1")
        (fact,) = json.loads(row.payload)["messages"]
        assert (fact["conversation_id"], fact["seq"], "body" in fact) == (str(room.pk), 1, False)

    def test_people_on_two_servers_chat_without_a_hole(self, start_server: Callable[[], Server]) -> None:
        here, there = start_server(), start_server()
        anna, boris = make_user(), make_user()
        room, tokens = make_direct(anna, boris), (token_of(anna), token_of(boris))

        async def scenario() -> None:
            async with connected(here, tokens[0]) as one, connected(there, tokens[1]) as other:
                for number in range(20):
                    await one.write(room.pk, f"a{number}")
                    await other.write(room.pk, f"b{number}")
                seqs = [ack["seq"] for client in (one, other) for ack in await client.got("ack", 20)]
                # What isn't confirmed for 5 seconds is given again: on a busy machine more than once.
                heard = [len({one["seq"] for one in await client.got("message", 20)}) for client in (one, other)]
                assert sorted(seqs) == list(range(1, 41))
                assert heard == [20, 20]

        asyncio.run(scenario())

        assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 41))

    def test_a_storm_of_duplicates_over_sockets_and_servers_is_one_message_each(
        self, start_server: Callable[[], Server]
    ) -> None:
        servers = [start_server(), start_server()]
        anna, boris = make_user(), make_user()
        room, token = make_direct(anna, boris), token_of(anna)
        ids = [uuid.uuid4() for _ in range(10)]

        async def storm(server: Server) -> dict[str, set[int]]:
            seqs: dict[str, set[int]] = {}
            async with connected(server, token) as client:
                for message_id in ids * 2:
                    await client.write(room.pk, id=message_id)
                await client.got("ack", len(ids) * 2)
                for ack in client.of("ack"):
                    seqs.setdefault(ack["id"], set()).add(ack["seq"])
            return seqs

        async def scenario() -> list[dict[str, set[int]]]:
            return await asyncio.gather(*(storm(server) for server in servers * 2))

        answers = asyncio.run(scenario())

        assert all(answer == answers[0] for answer in answers)
        assert all(len(seqs) == 1 for seqs in answers[0].values())
        assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 11))

    def test_what_was_missed_is_there_after_a_reconnect(self, server: Server) -> None:
        anna, boris = make_user(), make_user()
        room, tokens = make_direct(anna, boris), (token_of(anna), token_of(boris))

        async def scenario() -> None:
            async with connected(server, tokens[0]) as one:
                await one.write(room.pk)
                await one.write(room.pk)
                await one.got("ack", 2)
            async with connected(server, tokens[1]) as other:
                assert other.of("heads")[0]["heads"] == [[str(room.pk), 1, 2, 0]]
                await other.say(type="history", request="r", conversation=room.pk, after=0)
                (page,) = await other.got("page")
                assert [one["seq"] for one in page["messages"]] == [1, 2]

        asyncio.run(scenario())

    def test_a_slow_reader_is_closed_and_others_do_not_notice(self, server: Server) -> None:
        anna, boris, clara = make_user(), make_user(), make_user()
        slow_room, quick_room = make_direct(anna, boris), make_direct(anna, clara)
        for number in range(100):
            make_message(slow_room, anna, "x" * 4000, id=uuid.UUID(int=number + 1))
        tokens = [token_of(one) for one in (anna, boris, clara)]

        async def scenario() -> int:
            async with (
                connected(server, tokens[1], max_queue=1) as slow,
                connected(server, tokens[0]) as anna_client,
                connected(server, tokens[2]) as clara_client,
            ):
                # It asks for far more than its queue holds, and reads none of it.
                for number in range(60):
                    await slow.say(type="history", request=str(number), conversation=slow_room.pk, limit=100)
                await asyncio.sleep(1)
                await anna_client.write(quick_room.pk)
                await clara_client.got("message")
                with pytest.raises(ConnectionClosed) as closed:
                    while True:
                        await slow.read()
                return closed.value.rcvd.code if closed.value.rcvd else 0

        assert asyncio.run(scenario()) == 4008

    def test_goodbye_is_said_before_the_process_ends(self, server: Server) -> None:
        anna, boris = make_user(), make_user()
        room, token = make_direct(anna, boris), token_of(anna)

        async def scenario() -> tuple[int, list[dict[str, object]]]:
            async with connected(server, token) as client:
                await client.write(room.pk)
                await client.got("ack")
                await asyncio.to_thread(server.drain)
                with pytest.raises(ConnectionClosed) as closed:
                    while True:
                        await client.read()
                return closed.value.rcvd.code if closed.value.rcvd else 0, client.of("bye")

        code, byes = asyncio.run(scenario())

        assert code == 4009
        assert byes[0]["code"] == 4009
        assert byes[0]["retry_after"]
