"""The socket: a raw ASGI application. Channels routes to it and is not asked again for any message."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from common.ids import new_id
from messaging.adapters.metrics import SESSIONS
from messaging.adapters.sockets.authentication import ForeignOrigin, sign_in_of
from messaging.adapters.sockets.outgoing import AsgiSend, Outgoing
from messaging.application.node import Node
from messaging.application.ports import SignIn
from messaging.domain import limits
from messaging.domain.endings import end_tasks
from messaging.domain.errors import Abuse, PortUnavailable, ProtocolError
from messaging.domain.limits import Close
from messaging.domain.patience import AWAY_SECONDS

log = structlog.get_logger(__name__)

AsgiReceive = Callable[[], Awaitable[dict[str, Any]]]
RETRY_SECONDS = 2.0
# What a page adds to the address when it only watches.
ONLY_TOPICS = b"topics"
GUEST_SECONDS = 2.0
GUEST_PAUSE_SECONDS = 0.2


class ClientGone(Exception):
    """The other side has closed the socket."""


class ChatEndpoint:
    """Serves one socket per call."""

    def __init__(self, node: Callable[[], Node]) -> None:
        self._node = node

    async def __call__(self, scope: dict[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
        await receive()
        if scope.get("query_string") == ONLY_TOPICS:
            await self._serve_guest(receive, send, scope)
            return
        try:
            sign_in = await sign_in_of(scope, self._node().sign_ins)
        except ForeignOrigin:
            # Before the handshake: the page of another site learns nothing but 403.
            await send({"type": "websocket.close", "code": Close.NOT_SIGNED_IN})
            return
        except PortUnavailable:
            await self._send_away(scope, send)
            return
        offered = scope.get("subprotocols", ())
        speaks_ours = limits.SUBPROTOCOL in offered
        await send({"type": "websocket.accept", "subprotocol": limits.SUBPROTOCOL if speaks_ours else None})
        outgoing = Outgoing(send)
        if offered and not speaks_ours:
            outgoing.close(Close.PROTOCOL_ERROR)
            await outgoing.run()
        elif sign_in is None:
            await self._two_tasks(guest_reads(self._node(), receive, outgoing), outgoing)
        elif self._node().is_draining:
            outgoing.close(Close.DRAINING, retry_after=RETRY_SECONDS)
            await outgoing.run()
        else:
            await self._both_ways(sign_in, receive, outgoing)

    @staticmethod
    async def _send_away(scope: dict[str, Any], send: AsgiSend) -> None:
        """Ask the client to come back: whether it may come in can't be found out now."""
        speaks_ours = limits.SUBPROTOCOL in scope.get("subprotocols", ())
        await send({"type": "websocket.accept", "subprotocol": limits.SUBPROTOCOL if speaks_ours else None})
        outgoing = Outgoing(send)
        outgoing.close(Close.DRAINING, retry_after=RETRY_SECONDS)
        await outgoing.run()

    async def _both_ways(self, sign_in: SignIn, receive: AsgiReceive, outgoing: Outgoing) -> None:
        """Read and write until the client is gone or the writer has closed the socket."""
        await self._two_tasks(read_from(self._node(), sign_in, receive, outgoing), outgoing)

    async def _serve_guest(self, receive: AsgiReceive, send: AsgiSend, scope: dict[str, Any]) -> None:
        """Serve a page that only watches: nobody's cookie is looked at, so any page may."""
        speaks_ours = limits.SUBPROTOCOL in scope.get("subprotocols", ())
        await send({"type": "websocket.accept", "subprotocol": limits.SUBPROTOCOL if speaks_ours else None})
        outgoing = Outgoing(send)
        await self._two_tasks(guest_reads(self._node(), receive, outgoing), outgoing)

    @staticmethod
    async def _two_tasks(reading: Coroutine[Any, Any, None], outgoing: Outgoing) -> None:
        writer = asyncio.create_task(outgoing.run())
        reader = asyncio.create_task(reading)
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            if outgoing.is_closing:
                await writer
        finally:
            await end_tasks([reader, writer])


async def guest_reads(node: Node, receive: AsgiReceive, outgoing: Outgoing) -> None:
    """Let somebody who hasn't signed in follow topics; whoever says something else, or nothing, is asked to sign in."""
    if node.is_draining:
        outgoing.close(Close.DRAINING, retry_after=RETRY_SECONDS)
        return
    try:
        async with asyncio.timeout(GUEST_SECONDS):
            frame = await next_frame(receive)
        while True:
            node.receive_frame.from_guest(frame, outgoing)
            # A guest who sends without pause waits in its own socket.
            await asyncio.sleep(GUEST_PAUSE_SECONDS)
            frame = await next_frame(receive)
    except ClientGone:
        return
    except (ProtocolError, TimeoutError):
        outgoing.close(Close.NOT_SIGNED_IN)
    finally:
        node.topics.unfollow(outgoing)


async def read_from(node: Node, sign_in: SignIn, receive: AsgiReceive, outgoing: Outgoing) -> None:
    """Serve one socket from its hello to its end."""
    SESSIONS.inc()
    session = None
    try:
        async with asyncio.timeout(limits.HELLO_SECONDS):
            hello, rest = node.receive_frame.hello(await next_frame(receive))
        session = await node.open_session(
            hello,
            session_id=new_id(),
            user_id=sign_in.user_id,
            sign_in=sign_in,
            outlet=outgoing,
            allowance=node.feel_pressure.allowance(),
            state=node.feel_pressure.pressure.state,
        )
        if rest:
            node.receive_frame(rest, session)
        while True:
            frame = await next_frame(receive)
            session.heard_at = time.monotonic()
            # What a draining node no longer takes in, the client sends again elsewhere.
            if not node.is_draining:
                node.receive_frame(frame, session)
    except ClientGone:
        return
    except (ProtocolError, TimeoutError) as error:
        log.info("messaging.protocol_error", user_id=str(sign_in.user_id), reason=str(error))
        outgoing.close(Close.PROTOCOL_ERROR)
    except Abuse as error:
        log.warning("messaging.abuse", user_id=str(sign_in.user_id), reason=str(error))
        outgoing.close(Close.ABUSE, retry_after=AWAY_SECONDS)
    except PortUnavailable:
        outgoing.close(Close.DRAINING, retry_after=RETRY_SECONDS)
    finally:
        SESSIONS.dec()
        node.topics.unfollow(outgoing)
        if session is not None:
            await node.close_session(session)


async def next_frame(receive: AsgiReceive) -> bytes:
    """Return the next frame.

    Raises:
        ClientGone: there is none.
    """
    event = await receive()
    if event["type"] != "websocket.receive":
        raise ClientGone
    text: str | None = event.get("text")
    return text.encode() if text is not None else bytes(event["bytes"])
