"""Sign-ins that end, conversations that change, pressure over nodes, files: what a node does beside chat."""

import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from messaging.application.ports import News, SignIn, SystemOrder
from messaging.domain.credits import Allowance
from messaging.domain.errors import PortUnavailable
from messaging.domain.pressure import State
from tests.messaging.application.conftest import Phone, Town
from tests.messaging.fakes.network import FakeRecentMessages


async def signed_in(town: Town, node: Any, user_id: uuid.UUID, key: str) -> Phone:
    phone = await town.phone(node, user_id)
    phone.session.sign_in = SignIn(user_id, "token", key)
    return phone


class TestSignIns:
    async def test_a_socket_ends_with_its_own_sign_in_and_no_other_does(self, town: Town, anna: uuid.UUID) -> None:
        node = town.start()
        phone, tablet = [await signed_in(town, node, anna, key) for key in ("one", "two")]
        town.messenger.ended = {SignIn(anna, "token", "one")}
        town.messenger.other_news = News(signed_out=[anna])

        await node.catch_up()

        assert (phone.outlet.closed_with, tablet.outlet.closed_with) == (4001, None)

    async def test_what_ends_without_a_word_is_found_by_the_clock(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node = town.start()
        expired, other = await signed_in(town, node, anna, "x"), await signed_in(town, node, boris, "y")
        town.messenger.ended = {SignIn(anna, "token", "x")}

        closed = await node.close_signed_out()

        assert (closed, expired.outlet.closed_with, other.outlet.closed_with) == (1, 4001, None)


class TestNews:
    async def test_members_are_told_that_a_conversation_has_changed(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna)
        member, other = await town.phone(node, anna), await town.phone(node, boris)
        town.messenger.other_news = News(changed=[room])

        await node.catch_up()

        assert [one["data"] for one in member.outlet.of("system")] == [{"conversation": str(room)}]
        assert other.outlet.of("system") == []

    async def test_orders_of_other_systems_reach_their_people(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node = town.start()
        one, other = await town.phone(node, anna), await town.phone(node, boris)
        town.messenger.other_news = News(orders=[SystemOrder([anna], "maintenance", {"minutes": 5})])

        await node.catch_up()

        assert [(system["code"], system["data"]) for system in one.outlet.of("system")] == [
            ("maintenance", {"minutes": 5})
        ]
        assert other.outlet.of("system") == []

    async def test_what_a_worker_has_posted_is_given_once_to_everybody(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        phones = [await town.phone(node, one) for one in (anna, boris)]
        stranger = await town.phone(town.start(), anna)
        stranger.write(room, "posted elsewhere")
        await stranger.got("ack")

        await node.look_at_once()
        await node.look_at_once()

        assert [[one["seq"] for one in phone.outlet.of("message")] for phone in phones] == [[1], [1]]


class TestRules:
    async def test_another_message_under_a_known_id_is_refused(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        here, there, room = town.start(), town.start(), town.messenger.open_room(anna, boris)
        one, two = await town.phone(here, anna), await town.phone(there, anna)
        message_id = one.write(room, "first")
        await one.got("ack")

        one.write(room, "other", id=message_id)
        two.write(room, "other", id=message_id)

        for phone in (one, two):
            (nack,) = await phone.got("nack")
            assert (nack["id"], nack["code"]) == (str(message_id), "conflict")

    @pytest.mark.parametrize("text", ["half a pair \ud800", "\udc00"])
    async def test_what_no_text_can_hold_is_refused_alone(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, text: str
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        phone = await town.phone(node, anna)

        refused = phone.write(room, text)
        phone.write(room, "after it")

        (nack,), _ack = await phone.got("nack"), await phone.got("ack")
        assert (nack["id"], nack["code"]) == (str(refused), "invalid")

    async def test_what_was_refused_is_paid_for_when_it_comes_again(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(allowance=Allowance(2, 2, 60)), town.messenger.open_room(anna, boris)
        phone = await town.phone(node, anna)
        ids = [phone.write(room, reply_to=99) for _ in range(2)]
        assert {one["code"] for one in await phone.got("nack", 2)} == {"invalid"}

        for number, message_id in enumerate([*ids, None], start=1):
            phone.write(room, id=message_id)
            await phone.got("ack", min(number, 2))

        assert (await phone.got("nack", 3))[2]["code"] == "credits"

    async def test_who_has_no_credit_left_still_gets_a_retry_acknowledged_on_another_node(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        poor = Allowance(1, 1, 60)
        here, there = town.start(allowance=poor), town.start(allowance=poor)
        room = town.messenger.open_room(anna, boris)
        one, two = await town.phone(here, anna), await town.phone(there, anna)
        message_id = one.write(room)
        await one.got("ack")
        two.write(room, "spends the other node's credit")
        await two.got("ack")

        two.write(room, id=message_id)

        assert (await two.got("ack", 2))[1]["duplicate"] is True
        assert two.outlet.of("nack") == []

    @pytest.mark.parametrize(
        ("state", "code"),
        [
            ({"is_blocked": True}, "blocked"),
            ({"is_closed": True}, "closed"),
            ({"requested_by": "boris"}, "request_pending"),
        ],
    )
    async def test_a_conversation_may_be_read_and_not_written_in(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, state: dict[str, Any], code: str
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        for field, value in state.items():
            setattr(town.messenger.rooms[room], field, boris if value == "boris" else value)
        phone = await town.phone(node, anna)

        phone.write(room)
        phone.say(type="history", request="r", conversation=room)

        assert (await phone.got("nack"))[0]["code"] == code
        assert len(await phone.got("page")) == 1

    async def test_edits_deletions_and_reactions_are_messages_with_their_own_number(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        one, other = await town.phone(node, anna), await town.phone(node, boris)
        one.write(room, "teh boat")
        await one.got("ack")

        one.say(type="edit", id=uuid.uuid4(), conversation=room, seq=1, body={"text": "the boat"})
        await one.got("ack", 2)
        other.say(type="react", id=uuid.uuid4(), conversation=room, seq=1, emoji="👍")
        await other.got("ack")
        one.say(type="delete", id=uuid.uuid4(), conversation=room, seq=1)
        await one.got("ack", 3)

        told = [(m["seq"], m["kind"], m.get("refers_to")) for m in await other.got("message", 3)]
        assert told == [(1, "text", None), (2, "edit", 1), (4, "delete", 1)]
        one.say(type="history", request="r", conversation=room)
        (page,) = await one.got("page")
        assert (page["messages"][0]["deleted"], page["messages"][0]["body"]) == (True, {})


class TestDeletion:
    async def test_leaves_no_text_in_the_ring_nor_in_the_edits_there(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, settled: Callable[[Any], Any]
    ) -> None:
        recent = AwayRing()
        node, room = town.start(recent=recent), town.messenger.open_room(anna, boris)
        phone = await town.phone(node, anna)
        for text in ("before", "secret"):
            phone.write(room, text)
        await phone.got("ack", 2)
        phone.say(type="edit", id=uuid.uuid4(), conversation=room, seq=2, body={"text": "secret too"})
        await phone.got("ack", 3)

        phone.say(type="delete", id=uuid.uuid4(), conversation=room, seq=2)
        await phone.got("ack", 4)
        phone.write(room, "after")
        await phone.got("ack", 5)
        await settled(node)
        phone.say(type="history", request="r", conversation=room, after=1)

        (page,) = await phone.got("page")
        assert [one["seq"] for one in page["messages"]] == [2, 3, 4, 5]
        assert "secret" not in json.dumps(page)
        assert recent.texts_with("secret") == 0

    async def test_is_made_good_when_the_ring_is_back(
        self, town: Town, anna: uuid.UUID, settled: Callable[[Any], Any]
    ) -> None:
        recent = AwayRing()
        node, room = town.start(recent=recent), town.messenger.open_room(anna)
        phone = await town.phone(node, anna)
        for text in ("before", "secret"):
            phone.write(room, text)
        await phone.got("ack", 2)
        await settled(node)
        recent.is_away = True
        phone.say(type="delete", id=uuid.uuid4(), conversation=room, seq=2)
        await phone.got("ack", 3)
        await settled(node)
        kept = recent.texts_with("secret")
        recent.is_away = False

        phone.write(room, "after")
        await phone.got("ack", 4)
        await settled(node)

        assert (kept, recent.texts_with("secret")) == (1, 0)


class AwayRing(FakeRecentMessages):
    """A ring that may be away."""

    is_away = False

    async def remember(self, messages: Sequence[tuple[uuid.UUID, int, bytes]]) -> None:
        if self.is_away:
            raise PortUnavailable("redis")
        await super().remember(messages)

    def texts_with(self, word: str) -> int:
        return sum(word.encode() in payload for ring in self._rings.values() for payload in ring.values())


class TestUpload:
    def ask(self, room: uuid.UUID, **fields: Any) -> dict[str, Any]:
        content = b"hello"
        return {
            "type": "upload",
            "request": "u",
            "id": uuid.uuid4(),
            "conversation": room,
            "name": "notes.txt",
            "size": len(content),
            "media_type": "text/plain",
            "sha256": hashlib.sha256(content).hexdigest(),
        } | fields

    async def test_gives_the_same_action_the_same_slot(self, town: Town, anna: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(anna)
        phone, asked = await town.phone(node, anna), self.ask(room)

        phone.say(**asked)
        phone.say(**asked)

        one, again = await phone.got("slot", 2)
        assert (one["url"], one["request"], one["method"]) == (again["url"], "u", "PUT")

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"size": 26 * 1024 * 1024}, "too_big"),
            ({"media_type": "text/html"}, "invalid"),
            ({"media_type": "image/svg+xml"}, "invalid"),
            ({"name": "../secret"}, "invalid"),
            ({"name": "gpj\u202e.exe"}, "invalid"),
            ({"name": " .. "}, "invalid"),
            ({"conversation": uuid.uuid4()}, "no_conversation"),
        ],
    )
    async def test_refuses_before_anything_is_uploaded(
        self, town: Town, anna: uuid.UUID, fields: dict[str, Any], code: str
    ) -> None:
        node, room = town.start(), town.messenger.open_room(anna)
        phone = await town.phone(node, anna)

        phone.say(**self.ask(room, **fields))

        assert (await phone.got("nack"))[0]["code"] == code


class TestPressure:
    async def test_the_most_loaded_node_slows_the_others_reading(self, town: Town) -> None:
        calm, loaded = town.start(), town.start()
        for _ in range(30):
            loaded.feel_pressure(1.0)

        await loaded.report.share_pressure()
        await calm.report.share_pressure()
        slowed = calm.feel_pressure.poll_factor
        await loaded.report.left()
        await calm.report.share_pressure()

        assert loaded.feel_pressure.pressure.state is State.SHEDDING
        assert (slowed, calm.feel_pressure.poll_factor) == (4.0, 1.0)

    async def test_is_told_to_operators_once_per_change(self, town: Town) -> None:
        node = town.start()
        for _ in range(30):
            node.feel_pressure(1.0)

        await node.report.tell_noticed()
        await node.report.tell_noticed()

        changes = [more for what, _, more in town.network.told if what == "pressure_changed"]
        assert changes == [{"state": "shedding"}]

    async def test_without_the_board_only_the_own_one_counts(self, town: Town, settled: Callable[..., Any]) -> None:
        node = town.start()
        node.feel_pressure.highest = 1.0
        town.network.is_cut = True

        with pytest.raises(Exception, match="network"):
            await node.report.share_pressure()

        assert node.feel_pressure.poll_factor == 1.0

    async def test_a_slow_store_takes_it_up_and_it_comes_down_by_itself(self, town: Town) -> None:
        """Driven by samples, as the clock takes them: up in slow commits, down when they are fast again."""
        node = town.start(allowance=Allowance(100, 100, 10))
        refills, states = [], []
        for sample in [1.0] * 10 + [0.0] * 12:
            pressure = node.feel_pressure(sample)
            node.pipeline.shed(is_shedding=pressure.state is State.SHEDDING)
            refills.append(node.feel_pressure.allowance().refill)
            states.append(str(pressure.state))

        assert [one for place, one in enumerate(states) if place == 0 or states[place - 1] != one] == [
            "normal",
            "throttled",
            "shedding",
            "throttled",
            "normal",
        ]
        assert (min(refills), refills[-1]) == (25, 100)
