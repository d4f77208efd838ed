"""Signals, typing, history, presence, system messages, and a type that isn't ours."""

import uuid

import msgspec
import pytest

from messaging.application.ports import Advance
from messaging.application.sessions import Session
from messaging.domain import limits, stages
from messaging.domain.catalogue import REGISTRY
from messaging.domain.errors import ProtocolError
from messaging.domain.messages import System
from messaging.domain.parcels import Announcement, Parcel
from messaging.domain.patience import Patience
from messaging.domain.registry import MessageType, OnOverflow, Policy, Registry
from messaging.domain.stages import SimpleStage
from tests.messaging.application.conftest import Town


class TestSignal:
    async def test_goes_to_the_other_side_and_is_stored_nowhere(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        caller, called = await town.phone(node, anna), await town.phone(node, boris)
        signal = {"type": "signal", "id": uuid.uuid4(), "to": boris, "call": uuid.uuid4(), "n": 1, "body": {"sdp": "…"}}

        caller.say(**signal)
        (notice,) = await called.got("signal")
        caller.say(**signal)

        assert (notice["sender"], notice["n"], notice["body"]) == (str(anna), 1, {"sdp": "…"})
        assert (await caller.got("nack"))[0]["code"] == "duplicate"
        assert len(caller.outlet.of("ack")) == len(called.outlet.of("signal")) == 1
        assert town.messenger.rooms[room].messages == []

    async def test_is_refused_between_strangers(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        node = town.start()
        caller = await town.phone(node, anna)

        caller.say(type="signal", id=uuid.uuid4(), to=boris, call=uuid.uuid4(), n=0, body={})

        assert (await caller.got("nack"))[0]["code"] == "no_person"


class TestTyping:
    async def test_is_shown_to_the_others(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        one, other = await town.phone(node, anna), await town.phone(node, boris)

        one.say(type="typing", conversation=room)

        assert (await other.got("typing"))[0]["user"] == str(anna)
        assert one.outlet.of("typing") == []


class TestHistory:
    @pytest.mark.parametrize(
        ("asked", "numbers", "more"),
        [
            ({"after": 2, "limit": 2}, [3, 4], True),
            ({"after": 3}, [4, 5], False),
            ({"before": 3}, [1, 2], False),
            ({"limit": 2}, [4, 5], True),
        ],
    )
    async def test_gives_the_page_that_was_asked_for(
        self, town: Town, anna: uuid.UUID, asked: dict[str, int], numbers: list[int], more: bool
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna)
        phone = await town.phone(node, anna)
        for number in range(5):
            phone.write(room, str(number))
        await phone.got("ack", 5)

        phone.say(type="history", request="r1", conversation=room, **asked)

        (page,) = await phone.got("page")
        assert (page["request"], [one["seq"] for one in page["messages"]], page["more"]) == ("r1", numbers, more)

    @pytest.mark.parametrize(("asked", "first"), [({"after": 0}, 1), ({"before": 101}, 101)])
    async def test_gives_no_page_that_a_socket_would_choke_on(
        self, town: Town, anna: uuid.UUID, asked: dict[str, int], first: int
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna)
        phone = await town.phone(node, anna)
        for _ in range(100):
            long = {"type": "send", "id": uuid.uuid4(), "conversation": room, "body": {"text": "😀" * 3500}}
            node.receive_frame(msgspec.json.encode(long), phone.session)
        await phone.got("ack", 100)

        phone.say(type="history", request="r1", conversation=room, limit=100, **asked)

        (page,) = await phone.got("page")
        numbers = [one["seq"] for one in page["messages"]]
        assert len(msgspec.json.encode(page)) <= limits.QUEUE_BYTES // 2
        assert page["more"] is True
        assert len(numbers) > 10
        assert first in (numbers[0], numbers[-1] + 1)
        assert numbers == list(range(numbers[0], numbers[-1] + 1))

    async def test_is_refused_to_strangers(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(boris)
        stranger = await town.phone(node, anna)

        stranger.say(type="history", request="r1", conversation=room)

        assert (await stranger.got("nack"))[0]["code"] == "no_conversation"


class TestWatch:
    async def test_tells_of_acquaintances_only(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        node, clara, stranger = town.start(), uuid.uuid4(), uuid.uuid4()
        town.messenger.open_room(anna, boris, clara)
        phone, _ = await town.phone(node, anna), await town.phone(node, boris)
        await town.phone(node, stranger)

        phone.say(type="watch", users=[boris, clara, stranger])

        notices = {one["user"]: one["online"] for one in await phone.got("presence", 2)}
        assert notices == {str(boris): True, str(clara): False}


class TestSystem:
    async def test_pressure_is_told_to_every_socket(self, town: Town, anna: uuid.UUID) -> None:
        node = town.start()
        phone = await town.phone(node, anna)

        node._announce(System("pressure", {"state": "throttled"}))

        assert (await phone.got("system"))[0] == {"type": "system", "code": "pressure", "data": {"state": "throttled"}}


class Wave(msgspec.Struct, tag="wave", frozen=True):
    """Someone waves to everybody in a conversation."""

    conversation: uuid.UUID


class Count(SimpleStage):
    """A stage that nobody has thought of before."""

    def __init__(self) -> None:
        self.waves = 0

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        self.waves += len(parcels)
        return parcels


def announce_wave(parcel: Parcel) -> Announcement:
    return Announcement(to=parcel.members, payload=b'{"type":"wave"}', is_ephemeral=True)


WAVE = MessageType(
    name="wave",
    schema=Wave,
    stages=(stages.VALIDATE, "count", stages.DELIVER, stages.FINALIZE),
    policy=Policy(on_overflow=OnOverflow.DROP),
    announce=announce_wave,
)


class TestNewType:
    async def test_needs_its_module_and_nothing_in_the_core(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        count = Count()
        node = town.start(registry=Registry([*REGISTRY, WAVE]), more_stages={"count": count})
        room = town.messenger.open_room(anna, boris)
        one, other = await town.phone(node, anna), await town.phone(node, boris)

        one.say(type="wave", conversation=room)

        assert len(await other.got("wave")) == 1
        assert count.waves == 1


class TestReceiveFrame:
    async def test_reads_several_objects_of_a_frame(self, town: Town, anna: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(anna)
        phone = await town.phone(node, anna)
        lines = [
            b'{"type":"send","id":"%s","conversation":"%s","body":{"text":"%d"}}'
            % (str(uuid.uuid4()).encode(), str(room).encode(), number)
            for number in range(3)
        ]

        node.receive_frame(b"\n".join(lines), phone.session)

        assert [one["seq"] for one in await phone.got("ack", 3)] == [1, 2, 3]

    async def test_refuses_one_object_and_takes_the_others(self, town: Town, anna: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(anna)
        phone = await town.phone(node, anna)
        broken, large = uuid.uuid4(), uuid.uuid4()

        phone.say(type="send", id=broken, conversation=room)
        phone.say(type="send", id=large, conversation=room, body={"text": "x" * 17_000})
        phone.say(type="fly")
        phone.write(room)

        assert len(await phone.got("ack")) == 1
        assert [(one.get("id"), one["code"]) for one in phone.outlet.of("nack")] == [
            (str(broken), "invalid"),
            (str(large), "too_big"),
            (None, "invalid"),
        ]

    @pytest.mark.parametrize(
        "frame",
        [
            b"not json",
            b"{}\n" * 65,
            b" " * (64 * 1024 + 1),
            b'{"type":"hello","device":"%s"}',
            b'{"type":"send","body":' + b"[" * 7000 + b"]" * 7000 + b"}",
        ],
    )
    async def test_closes_on_what_is_beyond_the_protocol(self, town: Town, anna: uuid.UUID, frame: bytes) -> None:
        node = town.start()
        phone = await town.phone(node, anna)

        with pytest.raises(ProtocolError):
            node.receive_frame(frame.replace(b"%s", str(uuid.uuid4()).encode()), phone.session)

    @pytest.mark.parametrize("frame", [b'{"type":"pong"}', b"", b"{", b'{"type":"hello"}'])
    async def test_wants_a_hello_first(self, town: Town, frame: bytes) -> None:
        with pytest.raises(ProtocolError):
            town.start().receive_frame.hello(frame)


class TestOpenSession:
    async def test_greets_with_what_a_client_needs_to_know(self, town: Town, anna: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(anna)

        phone = await town.phone(node, anna)

        welcome, heads = phone.outlet.objects
        assert (welcome["user"], welcome["resumed"], welcome["heartbeat"]) == (str(anna), False, 25)
        assert welcome["credits"] == {"type": "credits", "left": 1000, "capacity": 1000, "refill_seconds": 10}
        assert heads == {"type": "heads", "heads": [[str(room), 1, 0, 0]]}

    async def test_resumes_with_what_changed(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        town.messenger.open_room(anna)
        first, writer = await town.phone(node, anna), await town.phone(node, boris)
        position = first.outlet.of("welcome")[0]["position"]
        writer.write(room)
        await writer.got("ack")

        second = await town.phone(node, anna, position=position)

        assert second.outlet.of("welcome")[0]["resumed"]
        assert second.outlet.of("heads")[0]["heads"] == [[str(room), 1, 1, 0]]

    async def test_what_arrives_meanwhile_comes_after_the_heads(self, anna: uuid.UUID) -> None:
        from tests.messaging.fakes.outlet import FakeOutlet

        outlet, room = FakeOutlet(), uuid.uuid4()
        session = Session(
            session_id=uuid.uuid4(), user_id=anna, device_id=uuid.uuid4(), outlet=outlet, patience=Patience(0.0)
        )
        session.give(b'{"type":"message","seq":1}', conversation_id=room, seq=1)
        before = list(outlet.objects)

        session.begin([])

        assert before == []
        assert outlet.objects == [{"type": "message", "seq": 1}]


class TestDrain:
    async def test_finishes_what_was_taken_in_then_says_goodbye(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        phone = await town.phone(node, anna)
        for _ in range(20):
            phone.write(room)

        await node.drain()

        assert len(phone.outlet.of("ack")) == 20
        assert phone.outlet.closed_with == 4009


class TestCursors:
    async def test_a_devices_confirmations_are_written_together(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)
        for _ in range(5):
            sender.write(room)
        await receiver.got("message", 5)

        for seq in range(1, 6):
            receiver.say(type="received", positions=[[str(room), seq]])

        assert [one["delivered"] for one in await sender.got("receipt")] == [5]
        assert await town.messenger.advance([Advance(room, boris, delivered=5, read=0)]) == []
