"""The queue before a socket."""

import asyncio
import json
from typing import Any

from messaging.adapters.sockets.outgoing import Outgoing


class Wire:
    """What ASGI's send has written; may be blocked, as a client that doesn't read blocks it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, event: dict[str, Any]) -> None:
        await self.open.wait()
        self.events.append(event)


class TestOutgoing:
    async def test_joins_what_waits_into_one_frame(self) -> None:
        wire = Wire()
        outgoing = Outgoing(wire.send)
        for number in range(3):
            outgoing.offer(b'{"n":%d}' % number)

        outgoing.close(4009)
        await outgoing.run()

        assert wire.events[0]["text"] == '{"n":0}\n{"n":1}\n{"n":2}'
        assert wire.events[-1] == {"type": "websocket.close", "code": 4009}

    async def test_a_frame_has_at_most_64_objects(self) -> None:
        wire = Wire()
        outgoing = Outgoing(wire.send)
        for _ in range(100):
            outgoing.offer(b"{}")

        outgoing.close(4009)
        await outgoing.run()

        assert [event["text"].count("\n") + 1 for event in wire.events[:2]] == [64, 36]

    async def test_leaves_out_ephemeral_objects_from_half_of_the_queue_on(self) -> None:
        outgoing = Outgoing(Wire().send)

        taken = [outgoing.offer(b"{}", is_ephemeral=True) for _ in range(130)]

        assert (taken.count(True), outgoing.offer(b"{}")) == (128, True)

    async def test_closes_a_socket_whose_queue_is_full(self) -> None:
        wire = Wire()
        outgoing = Outgoing(wire.send)

        taken = [outgoing.offer(b"{}") for _ in range(257)]
        await outgoing.run()

        assert taken.count(True) == 256
        assert [event.get("code") for event in wire.events] == [None, 4008]
        assert json.loads(wire.events[0]["text"])["type"] == "bye"

    async def test_closes_a_socket_whose_queue_is_too_heavy(self) -> None:
        outgoing = Outgoing(Wire().send)

        assert outgoing.offer(b"x" * 1024 * 1024)
        assert not outgoing.offer(b"x")
        assert outgoing.is_closing

    async def test_gives_up_on_a_client_that_does_not_read_at_all(self, monkeypatch: Any) -> None:
        monkeypatch.setattr("messaging.domain.limits.SEND_SECONDS", 0.02)
        monkeypatch.setattr("messaging.adapters.sockets.outgoing.GOODBYE_SECONDS", 0.02)
        wire = Wire()
        wire.open.clear()
        outgoing = Outgoing(wire.send)
        outgoing.offer(b"{}")

        await asyncio.wait_for(outgoing.run(), 1)

        assert outgoing.is_closing
        assert wire.events == []

    async def test_gives_up_on_a_client_that_stops_reading_later(self, monkeypatch: Any) -> None:
        monkeypatch.setattr("messaging.domain.limits.SEND_SECONDS", 0.05)
        monkeypatch.setattr("messaging.adapters.sockets.outgoing.GOODBYE_SECONDS", 0.02)
        wire = Wire()
        outgoing = Outgoing(wire.send)
        writer = asyncio.create_task(outgoing.run())
        outgoing.offer(b'{"n":1}')
        while not wire.events:
            await asyncio.sleep(0)
        # In the time of the look that the first frame has begun.
        await asyncio.sleep(0.01)
        wire.open.clear()

        outgoing.offer(b'{"n":2}')
        await asyncio.wait_for(writer, 5)

        assert outgoing.is_closing
        assert [event["text"] for event in wire.events] == ['{"n":1}']

    async def test_is_patient_with_a_client_that_has_nothing_to_read(self, monkeypatch: Any) -> None:
        monkeypatch.setattr("messaging.domain.limits.SEND_SECONDS", 0.01)
        wire = Wire()
        outgoing = Outgoing(wire.send)
        writer = asyncio.create_task(outgoing.run())
        outgoing.offer(b'{"n":1}')
        await asyncio.sleep(0.05)

        outgoing.offer(b'{"n":2}')
        while len(wire.events) < 2:
            await asyncio.sleep(0)

        assert not outgoing.is_closing
        outgoing.close(4009)
        await writer
