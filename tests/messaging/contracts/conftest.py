"""Each port's contract is run against its fake and against the real adapter."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from messaging.adapters.memory.credits import MemoryCredits
from messaging.adapters.memory.signal_memory import MemorySignals
from messaging.adapters.redis.client import RedisLine
from messaging.wiring import Ports, make_resources, real_ports
from tests.factories.accounts import make_user
from tests.factories.messaging import make_direct, make_group
from tests.messaging.fakes.files import FakeDoor, FakeSlots
from tests.messaging.fakes.messenger import FakeMessenger
from tests.messaging.fakes.network import (
    FakeMonitor,
    FakeNetwork,
    FakeNodes,
    FakePresence,
    FakePressureBoard,
    FakeRecentMessages,
)


@dataclass
class World:
    """People and conversations that exist behind the ports."""

    anna: uuid.UUID
    boris: uuid.UUID
    clara: uuid.UUID
    direct: uuid.UUID  # Anna and Boris
    group: uuid.UUID  # all three
    ports: Ports
    fake: FakeMessenger | None = None

    async def remove_from_group(self, user_id: uuid.UUID) -> None:
        """Let somebody leave the group."""
        if self.fake is not None:
            self.fake.remove(self.group, user_id)
            return
        async with await psycopg.AsyncConnection.connect(**parameters()) as sql:
            await sql.execute(
                "UPDATE messaging_membership SET left_at = now() WHERE conversation_id = %s AND user_id = %s",
                [self.group, user_id],
            )
            await sql.execute(
                "UPDATE messaging_conversation SET members_version = members_version + 1 WHERE id = %s", [self.group]
            )

    async def refuse_file(self, attachment_id: uuid.UUID) -> None:
        """Let a slot have got another file than announced; the fake's are never settled."""
        if self.fake is not None:
            return
        async with await psycopg.AsyncConnection.connect(**parameters()) as sql:
            await sql.execute(
                "UPDATE messaging_attachment SET status = 'refused', refusal = 'size', settled_at = now(), "
                "key = key || '.copy' WHERE id = %s",
                [attachment_id],
            )

    async def hide(self, user_id: uuid.UUID) -> None:
        """Let somebody not show whether they are there."""
        if self.fake is not None:
            self.fake.hiding.add(user_id)
            return
        async with await psycopg.AsyncConnection.connect(**parameters()) as sql:
            await sql.execute(
                "INSERT INTO messaging_chatprofile (user_id, shows_presence) VALUES (%s, false)", [user_id]
            )


def parameters() -> dict[str, Any]:
    given = connection.get_connection_params()
    return {key: given[key] for key in ("dbname", "user", "password", "host", "port") if key in given}


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.django_db(transaction=True))])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def people(kind: str, request: pytest.FixtureRequest) -> Any:
    """Make the rows before the event loop starts."""
    if kind == "fake":
        return None
    request.getfixturevalue("transactional_db")
    anna, boris, clara = make_user(), make_user(), make_user()
    return anna.pk, boris.pk, clara.pk, make_direct(anna, boris).pk, make_group(anna, boris, clara).pk


@pytest.fixture
async def world(people: Any) -> AsyncIterator[World]:
    if people is None:
        yield fake_world()
        return
    resources = make_resources()
    await resources.open()
    anna, boris, clara, direct, group = people
    ports = real_ports(resources, node_id="contract-node")
    yield World(anna, boris, clara, direct, group, ports)
    await resources.close()


def fake_world() -> World:
    anna, boris, clara = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    fake, network = FakeMessenger(), FakeNetwork()
    direct, group = fake.open_room(anna, boris), fake.open_room(anna, boris, clara, kind="group")
    ports = Ports(
        store=fake,
        directory=fake,
        cursors=fake,
        commit_log=fake,
        bank=MemoryCredits(),
        presence=FakePresence(network, "contract-node"),
        nodes=FakeNodes(network, "contract-node"),
        recent=FakeRecentMessages(),
        signals=MemorySignals(),
        sign_ins=fake,
        board=FakePressureBoard(network, "contract-node"),
        monitor=FakeMonitor(network),
        slots=FakeSlots(),
        upload_door=FakeDoor(),
    )
    return World(anna, boris, clara, direct, group, ports, fake)


@pytest.fixture
async def line() -> AsyncIterator[RedisLine]:
    line = RedisLine(settings.REDIS_URL)
    yield line
    await line.close()


@pytest.fixture
def dead_line() -> RedisLine:
    """A Redis that isn't there."""
    return RedisLine("redis://127.0.0.1:1/0")
