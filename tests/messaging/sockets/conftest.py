"""A chat server in this process, on its own thread and loop, over the test's database."""

import asyncio
import json
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import websockets
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

from accounts.models import User
from messaging.adapters.sockets.endpoint import ChatEndpoint
from messaging.adapters.sockets.process import ChatProcess, refuse_path
from messaging.wiring import start_node, stop_node
from tests.factories.accounts import make_token


class Server:
    """One chat process."""

    def __init__(self) -> None:
        self.process = ChatProcess(start_node, stop_node)
        routes = URLRouter([path("ws/chat/", ChatEndpoint(self.process.node)), re_path(r"", refuse_path)])
        application = ProtocolTypeRouter(
            {"websocket": routes, "http": self.process.http, "lifespan": self.process.lifespan}
        )
        config = uvicorn.Config(
            application,
            port=0,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            lifespan="on",
            log_config=None,
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        waited = threading.Event()
        while not self._server.started:
            assert self._thread.is_alive()
            waited.wait(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=15)
        assert not self._thread.is_alive()

    def drain(self) -> None:
        """Do what a SIGTERM does first."""
        node = self.process.node()
        asyncio.run_coroutine_threadsafe(node.drain(), self._server.servers[0].get_loop()).result(timeout=10)

    @property
    def address(self) -> str:
        host, port = self._server.servers[0].sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    @property
    def url(self) -> str:
        return f"ws://{self.address}/ws/chat/"


@pytest.fixture
def start_server(transactional_db: None) -> Iterator[Callable[[], Server]]:
    """Start chat servers; they are stopped after the test."""
    servers: list[Server] = []

    def start() -> Server:
        servers.append(Server())
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def server(start_server: Callable[[], Server]) -> Server:
    return start_server()


class Client:
    """A program on the other side of a socket."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.objects: list[dict[str, Any]] = []

    async def say(self, **fields: Any) -> None:
        await self.socket.send(json.dumps(fields, default=str))

    async def write(self, conversation: uuid.UUID, text: str = "hi", **fields: Any) -> uuid.UUID:
        message_id = fields.pop("id", None) or uuid.uuid4()
        await self.say(type="send", id=message_id, conversation=conversation, kind="text", body={"text": text})
        return message_id

    async def got(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Read until so many objects of a kind have come; return them."""
        async with asyncio.timeout(10):
            while len(self.of(kind)) < count:
                await self.read()
        return self.of(kind)

    async def read(self) -> None:
        frame = await self.socket.recv()
        self.objects += [json.loads(line) for line in str(frame).split("\n")]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.objects if one["type"] == kind]


@asynccontextmanager
async def connected(server: Server, token: str, **options: Any) -> AsyncIterator[Client]:
    """Open a socket and say hello."""
    headers = {"Authorization": f"Bearer {token}"}
    async with websockets.connect(server.url, additional_headers=headers, compression=None, **options) as socket:
        client = Client(socket)
        await client.say(type="hello", device=uuid.uuid4())
        await client.got("heads")
        yield client


def token_of(user: User, **fields: Any) -> str:
    return make_token(user, **fields)[1]
