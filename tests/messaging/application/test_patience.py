"""What costs no credits is bounded all the same: a flood costs its sender the socket, and others nothing."""

import json
import time
import uuid

import pytest

from messaging.application.node import Node
from messaging.domain.errors import Abuse
from messaging.domain.limits import SOCKETS
from messaging.domain.patience import CAPACITY
from tests.messaging.application.conftest import Phone, Town


def flood(phone: Phone, line: bytes, *, objects: int) -> None:
    """Say one thing again and again, in frames as large as they may be."""
    for _ in range(objects // 64):
        phone.node.receive_frame(b"\n".join([line] * 64), phone.session)


def exhaust(phone: Phone) -> None:
    phone.session.patience.spend(int(CAPACITY) + 1000, now=time.monotonic())


def line(**fields: object) -> bytes:
    return json.dumps(fields, default=str).encode()


@pytest.fixture
async def node(town: Town) -> Node:
    return town.start()


class TestPatience:
    @pytest.mark.parametrize("kind", ["typing", "history", "read", "watch", "signal", "pong", "nonsense"])
    async def test_a_flood_of_anything_ends_the_socket(
        self, town: Town, node: Node, anna: uuid.UUID, boris: uuid.UUID, kind: str
    ) -> None:
        room = town.messenger.open_room(anna, boris)
        said = {
            "typing": {"conversation": room},
            "history": {"request": "r", "conversation": room},
            "read": {"positions": [[str(room), 1]]},
            "watch": {"users": [boris]},
            "signal": {"id": uuid.uuid4(), "to": boris, "call": uuid.uuid4(), "n": 1, "body": {}},
        }
        phone = await town.phone(node, anna)

        with pytest.raises(Abuse):
            flood(phone, line(type=kind, **said.get(kind, {})), objects=20_000)

    async def test_what_is_said_too_fast_is_refused_with_a_time_and_a_name(
        self, town: Town, node: Node, anna: uuid.UUID
    ) -> None:
        room = town.messenger.open_room(anna)
        phone = await town.phone(node, anna)
        exhaust(phone)

        message_id = phone.write(room)
        phone.say(type="history", request="page-7", conversation=room)

        message, page = await phone.got("nack", 2)
        assert (message["code"], message["id"]) == ("slow_down", str(message_id))
        assert (page["code"], page["request"]) == ("slow_down", "page-7")
        assert page["retry_after"] > 0

    async def test_what_is_worth_nothing_a_moment_later_is_left_out_without_a_word(
        self, town: Town, node: Node, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        room = town.messenger.open_room(anna, boris)
        phone, other = await town.phone(node, anna), await town.phone(node, boris)
        exhaust(phone)

        phone.say(type="typing", conversation=room)
        other.write(room)
        await phone.got("message")

        assert (phone.outlet.of("nack"), other.outlet.of("typing")) == ([], [])

    async def test_all_sockets_of_a_person_share_it_and_nobody_else_does(
        self, town: Town, node: Node, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        room = town.messenger.open_room(anna, boris)
        phone, tablet, other = [await town.phone(node, one) for one in (anna, anna, boris)]
        exhaust(phone)

        tablet.write(room)
        other.write(room)

        assert (await tablet.got("nack"))[0]["code"] == "slow_down"
        assert len(await other.got("ack")) == 1

    async def test_who_was_sent_away_is_not_let_in_with_another_socket(
        self, town: Town, node: Node, anna: uuid.UUID, boris: uuid.UUID
    ) -> None:
        phone = await town.phone(node, anna)
        with pytest.raises(Abuse):
            flood(phone, b'{"type":"nonsense"}', objects=20_000)

        with pytest.raises(Abuse):
            await town.phone(node, anna)

        await town.phone(node, boris)

    async def test_nobody_has_more_sockets_than_devices(
        self, town: Town, node: Node, anna: uuid.UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("messaging.application.open_session.HELLO_WEIGHT", 0)
        for _ in range(SOCKETS):
            await town.phone(node, anna)

        with pytest.raises(Abuse):
            await town.phone(node, anna)

        assert len(node.sessions.of_user(anna)) == SOCKETS


class TestOverload:
    async def test_who_is_refused_for_the_nodes_own_load_loses_no_patience(
        self, town: Town, node: Node, anna: uuid.UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("messaging.domain.pipeline.Conveyor._would_be_late", lambda self: True)
        room = town.messenger.open_room(anna)
        phone = await town.phone(node, anna)
        said = line(type="send", id=uuid.uuid4(), conversation=room, kind="text", body={"text": "kept"})

        flood(phone, said, objects=20_000)

        nacks = phone.outlet.of("nack")
        assert {one["code"] for one in nacks} == {"overload"}
        assert len(nacks) == 20_000 // 64 * 64
        assert phone.session.patience.left > 0
