"""Many sockets at once: the same message over fifty of them, all of them back within seconds, one that doesn't read."""

import asyncio
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from messaging.domain.limits import SUBPROTOCOL
from messaging.models import Message, MessageId
from tests.factories.accounts import make_user
from tests.factories.messaging import make_direct, make_message
from tests.messaging.sockets.conftest import Client, Server, connected, token_of

pytestmark = [pytest.mark.django_db(transaction=True)]

STORM = 50
BACK = 60


class TestStorms:
    def test_one_id_over_fifty_sockets_of_two_nodes_is_one_message_without_a_hole(
        self, start_server: Callable[[], Server]
    ) -> None:
        servers = [start_server(), start_server()]
        anna, boris = make_user(), make_user()
        room, token, message_id = make_direct(anna, boris), token_of(anna), uuid.uuid4()
        arrived = asyncio.Barrier(STORM)

        async def shout(server: Server) -> dict[str, Any]:
            async with connected(server, token) as client:
                await arrived.wait()
                await client.write(room.pk, id=message_id)
                (ack,) = await client.got("ack")
                return dict(ack)

        async def scenario() -> list[dict[str, Any]]:
            acks = await asyncio.gather(*(shout(servers[number % 2]) for number in range(STORM)))
            async with connected(servers[0], token) as client:
                await client.write(room.pk)
                acks += await client.got("ack")
            return acks

        *acks, after = asyncio.run(scenario())

        assert {ack["seq"] for ack in acks} == {1}
        assert sum(not ack["duplicate"] for ack in acks) == 1
        assert after["seq"] == 2
        assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2]
        assert MessageId.objects.count() == 2

    def test_sockets_that_come_back_together_ask_the_store_for_their_heads_once_each(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anna, boris = make_user(), make_user()
        make_message(make_direct(anna, boris), anna)
        token = token_of(boris)
        node = server.process.node()
        heads, asked = node.open_session._directory.heads, 0

        async def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal asked
            asked += 1
            return await heads(*arguments, **options)

        monkeypatch.setattr(node.open_session._directory, "heads", counted)

        async def back() -> int:
            async with connected(server, token) as client:
                return len(client.of("heads")[0]["heads"])

        async def scenario() -> list[int]:
            return await asyncio.gather(*(back() for _ in range(BACK)))

        told = asyncio.run(scenario())

        assert told == [1] * BACK
        assert asked == BACK

    def test_a_reader_that_never_reads_is_closed_and_resumes_completely(self, server: Server) -> None:
        anna, boris, clara = make_user(), make_user(), make_user()
        room, other_room = make_direct(anna, boris), make_direct(anna, clara)
        for number in range(100):
            make_message(room, anna, "x" * 4000, id=uuid.UUID(int=number + 1))
        tokens = [token_of(one) for one in (anna, boris, clara)]

        async def scenario() -> tuple[int, list[int]]:
            async with (
                connected(server, tokens[1], max_queue=1) as slow,
                connected(server, tokens[0]) as writer,
                connected(server, tokens[2]) as reader,
            ):
                # Far more than its queue holds is offered to somebody who takes nothing.
                for start in range(0, 100, 10):
                    asked = [
                        json.dumps({"type": "history", "request": str(n), "conversation": str(room.pk), "limit": 100})
                        for n in range(start, start + 10)
                    ]
                    await slow.socket.send("\n".join(asked))
                for _ in range(20):
                    await writer.write(other_room.pk)
                await reader.got("message", 20)
                code = await close_code_of(slow)
            async with connected(server, tokens[1]) as back:
                seqs: list[int] = []
                for _ in range(10):
                    last = seqs[-1] if seqs else 0
                    await back.say(type="history", request="r", conversation=room.pk, after=last, limit=100)
                    page = (await back.got("page", len(back.of("page")) + 1))[-1]
                    seqs += [one["seq"] for one in page["messages"]]
                    if not page["more"]:
                        break
                return code, seqs

        code, seqs = asyncio.run(scenario())

        assert code == 4008
        assert seqs == list(range(1, 101))


class TestAbuse:
    def test_a_flood_closes_the_sockets_of_its_sender_and_of_nobody_else(self, server: Server) -> None:
        anna, boris = make_user(), make_user()
        room = make_direct(anna, boris)
        tokens = [token_of(one) for one in (anna, boris)]
        frame = "\n".join([json.dumps({"type": "typing", "conversation": str(room.pk)})] * 64)

        async def scenario() -> tuple[int, int, int]:
            async with connected(server, tokens[0]) as hostile, connected(server, tokens[1]) as other:
                with suppress(ConnectionClosed):
                    for _ in range(64):
                        await hostile.socket.send(frame)
                code = await close_code_of(hostile)
                async with websockets.connect(
                    server.url, additional_headers={"Authorization": f"Bearer {tokens[0]}"}
                ) as again:
                    back = Client(again)
                    await back.say(type="hello", device=uuid.uuid4())
                    refused = await close_code_of(back)
                await other.write(room.pk)
                return code, refused, len(await other.got("ack"))

        assert asyncio.run(scenario()) == (4029, 4029, 1)


class TestSubprotocol:
    def test_whoever_speaks_another_one_is_told_so(self, server: Server) -> None:
        headers = {"Authorization": f"Bearer {token_of(make_user())}"}

        async def scenario() -> tuple[str | None, int]:
            offered: Any = ["other.v9"]
            async with websockets.connect(server.url, additional_headers=headers, subprotocols=offered) as socket:
                client = Client(socket)
                return socket.subprotocol, await close_code_of(client)

        assert asyncio.run(scenario()) == (None, 4003)

    def test_one_of_several_is_chosen(self, server: Server) -> None:
        headers = {"Authorization": f"Bearer {token_of(make_user())}"}

        async def scenario() -> str | None:
            offered: Any = ["other.v9", SUBPROTOCOL]
            async with websockets.connect(server.url, additional_headers=headers, subprotocols=offered) as socket:
                return socket.subprotocol

        assert asyncio.run(scenario()) == SUBPROTOCOL


async def close_code_of(client: Client) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(20):
            while True:
                await client.read()
    return closed.value.rcvd.code if closed.value.rcvd else 0
