"""A chat message from sender to receipt, over one node and over two."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from messaging.adapters.memory.credits import MemoryCredits
from messaging.application.ports import Rejected
from messaging.domain.credits import Allowance
from messaging.domain.drafts import Draft
from messaging.domain.errors import PortUnavailable
from messaging.domain.parcels import Stored
from tests.messaging.application.conftest import Town
from tests.messaging.fakes.messenger import FakeMessenger
from tests.messaging.fakes.network import FakeRecentMessages


class TestSend:
    async def test_is_acknowledged_and_delivered_to_all_other_devices(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        phone, tablet, other = [await town.phone(node, one) for one in (anna, anna, boris)]

        message_id = phone.write(room, "hello")

        (ack,) = await phone.got("ack")
        assert (ack["id"], ack["seq"], ack["duplicate"]) == (str(message_id), 1, False)
        for device in (tablet, other):
            (message,) = await device.got("message")
            assert (message["seq"], message["sender"], message["body"]) == (1, str(anna), {"text": "hello"})
        assert phone.outlet.of("message") == []

    async def test_reaches_people_on_another_node(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        here, there, room = town.start(), town.start(), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(here, anna), await town.phone(there, boris)
        while not there.nodes.is_listening:
            await asyncio.sleep(0.001)

        for number in range(5):
            sender.write(room, str(number))

        messages = await receiver.got("message", 5)
        assert [one["seq"] for one in messages] == [1, 2, 3, 4, 5]

    async def test_is_acknowledged_only_after_the_commit(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        store = HeldStore()
        town.messenger = store
        node, room = town.start(), store.open_room(anna, boris)
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)

        sender.write(room)
        await asyncio.wait_for(store.begun.wait(), 2)
        before_commit = [*sender.outlet.of("ack"), *receiver.outlet.of("message")]
        store.may_commit.set()

        assert before_commit == []
        assert len(await sender.got("ack")) == len(await receiver.got("message")) == 1

    async def test_a_duplicate_gets_the_same_number_and_costs_nothing(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(allowance=Allowance(2, 2, 60)), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)
        first = sender.write(room)
        await sender.got("ack")
        sender.write(room)
        await sender.got("ack", 2)

        sender.write(room, id=first)

        assert (await sender.got("ack", 3))[2] | {"at": ""} == {
            "type": "ack",
            "id": str(first),
            "conversation": str(room),
            "seq": 1,
            "at": "",
            "duplicate": True,
        }
        assert sender.outlet.of("nack") == []
        assert len(receiver.outlet.of("message")) == 2

    async def test_copies_of_a_message_on_its_way_are_paid_for_once(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(allowance=Allowance(1, 1, 60)), town.messenger.open_room(anna, boris)
        one, two = await town.phone(node, anna), await town.phone(node, anna)

        message_id = one.write(room)
        two.write(room, id=message_id)

        assert (await one.got("ack"))[0]["seq"] == (await two.got("ack"))[0]["seq"] == 1

    async def test_a_copy_that_races_on_another_node_gets_its_credit_back(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, settled: Callable[..., Any]
    ) -> None:
        bank, allowance = MemoryCredits(), Allowance(10, 10, 60)
        here, there = town.start(bank=bank, allowance=allowance), town.start(bank=bank, allowance=allowance)
        room = town.messenger.open_room(anna, boris)
        one, two = await town.phone(here, anna), await town.phone(there, anna)

        message_id = one.write(room)
        two.write(room, id=message_id)
        await one.got("ack")
        await two.got("ack")
        await settled(here)
        await settled(there)

        assert await bank.left(anna, allowance) == 9

    async def test_spent_credits_refuse_and_say_when_to_come_back(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(allowance=Allowance(2, 2, 60)), town.messenger.open_room(anna, boris)
        sender = await town.phone(node, anna)

        ids = [sender.write(room) for _ in range(3)]

        (nack,) = await sender.got("nack")
        assert (nack["id"], nack["code"], nack["credits"]) == (str(ids[2]), "credits", 0)
        assert 0 < nack["retry_after"] <= 60
        assert len(await sender.got("ack", 2)) == 2
        assert (await sender.got("credits"))[-1]["left"] == 0

    async def test_is_refused_before_its_ack_when_the_buffer_is_full(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        store = HeldStore()
        town.messenger = store
        people = [anna, boris, *(uuid.uuid4() for _ in range(6))]
        node, room = town.start(allowance=Allowance(100_000, 100_000, 60)), store.open_room(*people)
        phones = [await town.phone(node, one) for one in people]

        sent = 0
        while not any(one.outlet.of("nack") for one in phones):
            # No one says so much that it alone would be refused.
            phones[sent % len(phones)].write(room)
            sent += 1
            if sent % 100 == 0:
                await asyncio.sleep(0)
        store.may_commit.set()

        refused = [nack for one in phones for nack in one.outlet.of("nack")]
        assert {one["code"] for one in refused} == {"overload"}
        assert all(one["retry_after"] > 0 for one in refused)
        async with asyncio.timeout(10):
            while len(acks := [ack for one in phones for ack in one.outlet.of("ack")]) < sent - len(refused):
                await asyncio.sleep(0.002)
        assert sorted(one["seq"] for one in acks) == list(range(1, len(acks) + 1))

    async def test_is_refused_to_strangers(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(boris)
        stranger = await town.phone(node, anna)

        stranger.write(room)

        (nack,) = await stranger.got("nack")
        assert nack["code"] == "no_conversation"

    async def test_an_absent_store_refuses_and_asks_to_try_again(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        sender = await town.phone(node, anna)
        town.messenger.is_away = True
        message_id = sender.write(room)
        (nack,) = await sender.got("nack")
        town.messenger.is_away = False

        sender.write(room, id=message_id)

        assert (nack["code"], nack["id"]) == ("unavailable", str(message_id))
        assert (await sender.got("ack"))[0]["seq"] == 1


class TestReceipts:
    async def test_the_sender_sees_delivery_and_reading(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)
        sender.write(room)
        await receiver.got("message")

        receiver.say(type="received", positions=[[str(room), 1]])
        (delivered,) = await sender.got("receipt")
        receiver.say(type="read", positions=[[str(room), 1]])

        assert (delivered["delivered"], delivered["read"]) == (1, 0)
        read = (await sender.got("receipt", 2))[1]
        assert (read["user"], read["delivered"], read["read"]) == (str(boris), 1, 1)

    async def test_who_asks_for_a_conversation_learns_nothing_before_it_is_accepted(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        town.messenger.rooms[room].requested_by = anna
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)
        sender.write(room)
        await receiver.got("message")

        sender.say(type="typing", conversation=room)
        sender.say(
            type="upload",
            request="r",
            id=uuid.uuid4(),
            conversation=room,
            name="a.txt",
            size=5,
            media_type="text/plain",
            sha256="0" * 64,
        )
        nacks = await sender.got("nack", 2)
        receiver.say(type="read", positions=[[str(room), 1]])
        while not town.messenger.rooms[room].read.get(boris):
            await asyncio.sleep(0.01)
        town.messenger.rooms[room].requested_by = None
        sender.write(room)
        await receiver.got("message", 2)
        receiver.say(type="read", positions=[[str(room), 2]])
        (receipt,) = await sender.got("receipt")

        assert ([nack["code"] for nack in nacks], receipt["read"]) == (["request_pending"] * 2, 2)
        assert receiver.outlet.of("typing") == []

    async def test_what_was_read_while_the_store_was_away_is_noted_when_it_is_back(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)
        sender.write(room)
        await receiver.got("message")
        tried = asyncio.Event()
        advance = town.messenger.advance

        async def in_vain(advances: Any) -> Any:
            if not tried.is_set():
                tried.set()
                raise PortUnavailable("postgres")
            return await advance(advances)

        town.messenger.advance = in_vain  # type: ignore[method-assign]
        receiver.say(type="read", positions=[[str(room), 1]])

        read = (await sender.got("receipt"))[0]
        assert tried.is_set()
        assert (read["user"], read["read"]) == (str(boris), 1)

    async def test_an_unconfirmed_message_is_given_again_twice_then_at_reconnect(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr("messaging.application.sessions.REDELIVER_AFTER_SECONDS", (0.01, 0.02))
        node, room = town.start(), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)
        sender.write(room)
        await receiver.got("message")

        counts = []
        for _ in range(4):
            await asyncio.sleep(0.04)
            counts.append(await node.redeliver())

        assert counts == [1, 1, 0, 0]
        assert [one["seq"] for one in receiver.outlet.of("message")] == [1, 1, 1]
        again = await town.phone(node, boris)
        assert again.outlet.of("heads")[0]["heads"] == [[str(room), 1, 1, 0]]

    async def test_a_confirmed_message_is_not_given_again(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, monkeypatch: Any, settled: Callable[..., Any]
    ) -> None:
        monkeypatch.setattr("messaging.application.sessions.REDELIVER_AFTER_SECONDS", (0.01, 0.02))
        node, room = town.start(), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)
        sender.write(room)
        sender.write(room)
        await receiver.got("message", 2)

        receiver.say(type="received", positions=[[str(room), 1]])
        await settled(node)
        await asyncio.sleep(0.02)
        await node.redeliver()

        assert [one["seq"] for one in receiver.outlet.of("message")] == [1, 2, 2]


class TestCatchUp:
    async def test_the_outbox_brings_what_publishing_lost(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        here, there, room = town.start(), town.start(), town.messenger.open_room(anna, boris)
        town.network.loses = True
        sender, receiver = await town.phone(here, anna), await town.phone(there, boris)
        sender.write(room)
        await sender.got("ack")

        given = await there.catch_up(at_once=True)

        assert given == 1
        assert [one["seq"] for one in receiver.outlet.of("message")] == [1]

    async def test_what_was_lost_between_is_given_too(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, settled: Callable[..., Any]
    ) -> None:
        here, there, room = town.start(), town.start(), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(here, anna), await town.phone(there, boris)
        await settled(there)
        for number, loses in enumerate((False, True, False), start=1):
            town.network.loses = loses
            sender.write(room)
            await sender.got("ack", number)
            await settled(here)
        await receiver.got("message", 2)

        given = await there.catch_up(at_once=True)

        assert given == 1
        assert [one["seq"] for one in receiver.outlet.of("message")] == [1, 3, 2]

    async def test_more_than_a_page_is_given_page_by_page(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr("messaging.application.catch_up.PAGE_MESSAGES", 3)
        here, there, room = town.start(), town.start(), town.messenger.open_room(anna, boris)
        town.network.loses = True
        sender, receiver = await town.phone(here, anna), await town.phone(there, boris)
        for _ in range(7):
            sender.write(room)
        await sender.got("ack", 7)

        counts = [await there.catch_up(at_once=True) for _ in range(4)]

        assert counts == [3, 3, 1, 0]
        assert [one["seq"] for one in receiver.outlet.of("message")] == list(range(1, 8))

    async def test_what_a_store_away_has_kept_back_stays_due(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, monkeypatch: Any
    ) -> None:
        here, there, room = town.start(), town.start(), town.messenger.open_room(anna, boris)
        town.network.loses = True
        sender, receiver = await town.phone(here, anna), await town.phone(there, boris)
        sender.write(room)
        await sender.got("ack")
        page = town.messenger.page

        async def away(*_: Any, **__: Any) -> Any:
            raise PortUnavailable("messenger")

        monkeypatch.setattr(town.messenger, "page", away)
        with pytest.raises(PortUnavailable):
            await there.catch_up(at_once=True)
        monkeypatch.setattr(town.messenger, "page", page)
        await there.catch_up()

        assert [one["seq"] for one in receiver.outlet.of("message")] == [1]

    async def test_of_a_conversation_that_is_new_to_a_socket_only_what_is_new_is_given(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        here, there, room = town.start(), town.start(), town.messenger.open_room(anna)
        town.network.loses = True
        sender, receiver = await town.phone(here, anna), await town.phone(there, boris)
        sender.write(room, "before Boris came")
        await sender.got("ack")
        await there.catch_up(at_once=True)
        town.messenger.rooms[room].members[boris] = "member"
        sender.write(room, "after")
        await sender.got("ack", 2)

        await there.catch_up(at_once=True)

        assert [one["seq"] for one in receiver.outlet.of("message")] == [2]

    async def test_an_acknowledged_message_is_delivered_though_a_later_stage_fails(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, settled: Callable[..., Any]
    ) -> None:
        class BrokenRing(FakeRecentMessages):
            async def remember(self, messages: Any) -> None:
                raise ZeroDivisionError

        node, room = town.start(recent=BrokenRing()), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)

        sender.write(room)
        await sender.got("ack")
        await settled(node)
        await node.catch_up(at_once=True)

        assert [one["seq"] for one in receiver.outlet.of("message")] == [1]
        assert sender.outlet.of("nack") == []

    async def test_gives_nothing_that_has_arrived(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)
        sender.write(room)
        await receiver.got("message")

        assert await node.catch_up(at_once=True) == 0
        assert len(receiver.outlet.of("message")) == 1

    async def test_chat_goes_on_without_redis(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        town.network.is_cut = True
        node, room = town.start(), town.messenger.open_room(anna, boris)
        sender, receiver = await town.phone(node, anna), await town.phone(node, boris)

        sender.write(room)

        assert len(await sender.got("ack")) == len(await receiver.got("message")) == 1


class TestPresence:
    async def test_who_hides_is_not_told_of_and_who_left_was_seen_last_then(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        clara = uuid.uuid4()
        here, there = town.start(), town.start()
        town.messenger.open_room(anna, boris, clara, kind="group")
        town.messenger.hiding.add(clara)
        phone, away, hidden = [
            await town.phone(node, who) for node, who in ((here, anna), (there, boris), (there, clara))
        ]
        phone.say(type="watch", users=[boris, clara])
        await phone.got("presence")
        await there.close_session(away.session)

        phone.say(type="watch", users=[boris, clara])

        online, offline = await phone.got("presence", 2)
        assert (online["user"], online["online"], online.get("last_seen")) == (str(boris), True, None)
        assert (offline["user"], offline["online"]) == (str(boris), False)
        assert offline["last_seen"].startswith("20")
        assert hidden.session.user_id == clara


class TestManyMembers:
    async def test_above_fifty_members_receipts_are_counted(self, town: Town, anna: uuid.UUID) -> None:
        others = [uuid.uuid4() for _ in range(50)]
        node, room = town.start(), town.messenger.open_room(anna, *others, kind="group")
        sender, one, other = [await town.phone(node, who) for who in (anna, *others[:2])]
        sender.write(room)
        await one.got("message")
        await other.got("message")

        one.say(type="received", positions=[[str(room), 1]])
        other.say(type="read", positions=[[str(room), 1]])

        async with asyncio.timeout(10):
            while not (found := sender.outlet.of("receipt")) or found[-1]["read_count"] < 2:
                await asyncio.sleep(0.002)
        counted = {key: value for key, value in found[-1].items() if key != "conversation"}
        assert counted == {"type": "receipt", "seq": 1, "delivered_count": 3, "read_count": 2}
        assert all("user" not in receipt for receipt in found)


class TestOvertaking:
    async def test_a_message_that_was_overtaken_is_still_given(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        receiver = await town.phone(node, boris)

        for seq in (1, 3, 2, 2, 4):
            receiver.session.give(b'{"type":"message","seq":%d}' % seq, conversation_id=room, seq=seq)

        assert [one["seq"] for one in receiver.outlet.of("message")] == [1, 3, 2, 4]


class HeldStore(FakeMessenger):
    """Commits only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.may_commit = asyncio.Event()

    async def append(self, drafts: Sequence[Draft], *, lane: int) -> list[Stored | Rejected]:
        self.begun.set()
        await self.may_commit.wait()
        return await super().append(drafts, lane=lane)
