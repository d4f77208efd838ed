"""Chat nodes with fakes behind their ports."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from messaging.adapters.memory.credits import MemoryCredits
from messaging.adapters.memory.signal_memory import MemorySignals
from messaging.application.node import Node
from messaging.application.sessions import Session
from messaging.domain.catalogue import REGISTRY
from messaging.domain.credits import Allowance
from messaging.domain.messages import Hello
from messaging.domain.registry import Registry
from messaging.domain.stages import Stage
from messaging.wiring import Ports, make_node
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
from tests.messaging.fakes.outlet import FakeOutlet

PLENTY = Allowance(1000, 1000, 10)


class Phone:
    """A person's socket."""

    def __init__(self, node: Node, session: Session, outlet: FakeOutlet) -> None:
        self.node = node
        self.session = session
        self.outlet = outlet

    @property
    def user_id(self) -> uuid.UUID:
        return self.session.user_id

    def say(self, **fields: Any) -> None:
        self.node.receive_frame(json.dumps(fields, default=str).encode(), self.session)

    def write(self, conversation: uuid.UUID, text: str = "hi", **fields: Any) -> uuid.UUID:
        message_id = fields.pop("id", None) or uuid.uuid4()
        self.say(type="send", id=message_id, conversation=conversation, kind="text", body={"text": text}, **fields)
        return message_id

    async def got(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many objects of a kind have come; return them."""
        async with asyncio.timeout(10):
            while len(self.outlet.of(kind)) < count:
                await asyncio.sleep(0.002)
        return self.outlet.of(kind)


@dataclass
class Town:
    """Nodes over one store and one network."""

    messenger: FakeMessenger = field(default_factory=FakeMessenger)
    network: FakeNetwork = field(default_factory=FakeNetwork)
    nodes: list[Node] = field(default_factory=list)

    def start(
        self,
        *,
        allowance: Allowance = PLENTY,
        registry: Registry = REGISTRY,
        more_stages: Mapping[str, Stage] | None = None,
        **ports: Any,
    ) -> Node:
        name = f"node-{len(self.nodes)}"
        given = {
            "store": self.messenger,
            "directory": self.messenger,
            "cursors": self.messenger,
            "commit_log": self.messenger,
            "bank": MemoryCredits(),
            "presence": FakePresence(self.network, name),
            "nodes": FakeNodes(self.network, name),
            "recent": FakeRecentMessages(),
            "signals": MemorySignals(),
            "sign_ins": self.messenger,
            "board": FakePressureBoard(self.network, name),
            "monitor": FakeMonitor(self.network),
            "slots": FakeSlots(),
            "upload_door": FakeDoor(),
        } | ports
        node = make_node(Ports(**given), node_id=name, allowance=allowance, registry=registry, more_stages=more_stages)
        node.start()
        self.nodes.append(node)
        return node

    async def phone(self, node: Node, user_id: uuid.UUID, position: str | None = None) -> Phone:
        outlet = FakeOutlet()
        session = await node.open_session(
            Hello(device=uuid.uuid4(), position=position),
            session_id=uuid.uuid4(),
            user_id=user_id,
            outlet=outlet,
            allowance=node.feel_pressure.allowance(),
            state="normal",
        )
        outlet.on_close = lambda: node.sessions.remove(session)
        return Phone(node, session, outlet)


@pytest.fixture
async def town(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """Nodes that look into the outbox when the test lets them, not by the clock."""
    for name in ("CATCH_UP_SECONDS", "CATCH_UP_ALONE_SECONDS"):
        monkeypatch.setattr(f"messaging.application.node.{name}", 3600.0)
    town = Town()
    yield town
    for node in town.nodes:
        await node.drain()


@pytest.fixture
def anna() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture
def boris() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture
def settled() -> Callable[[Node], Any]:
    """Wait until a node has nothing left to do."""

    async def wait(node: Node) -> None:
        async with asyncio.timeout(10):
            await asyncio.sleep(0.01)
            while not node.pipeline.is_idle:
                await asyncio.sleep(0.002)

    return wait
