"""Other nodes: one channel each, one message per node and batch."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgspec
import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from messaging.adapters.redis.client import RedisLine
from messaging.application.ports import Arrive, Ring
from messaging.domain.parcels import Delivery

log = structlog.get_logger(__name__)

RECONNECT_SECONDS = 0.5
# Rung by bus.wakeup.wake_after_commit("chat").
BELL = "wake:chat"

pack = msgspec.msgpack.Encoder(uuid_format="bytes").encode
unpack = msgspec.msgpack.Decoder(list[Delivery]).decode


class RedisNodes:
    """`is_listening` tells whether messages of other nodes reach this one at the moment."""

    def __init__(self, line: RedisLine, *, node_id: str) -> None:
        self._line = line
        self._node_id = node_id
        self.is_listening = False

    async def publish(self, deliveries: Mapping[str, Sequence[Delivery]]) -> None:
        async with self._line.answered() as redis:
            pipe = redis.pipeline(transaction=False)
            for node_id, batch in deliveries.items():
                pipe.publish(channel_of(node_id), pack(list(batch)))
            await pipe.execute()

    async def listen(self, arrive: Arrive, ring: Ring) -> None:
        while True:
            subscription = self._line.client.pubsub(ignore_subscribe_messages=False)
            try:
                await subscription.subscribe(channel_of(self._node_id), BELL)
                await self._listen_to(subscription, arrive, ring)
            except (RedisError, OSError) as error:
                log.warning("messaging.nodes.unavailable", error=type(error).__name__)
            finally:
                self.is_listening = False
                with suppress(RedisError, OSError):
                    await subscription.aclose()  # type: ignore[no-untyped-call]
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_to(self, subscription: PubSub, arrive: Arrive, ring: Ring) -> None:
        while True:
            message = await subscription.get_message(timeout=5.0)
            if message is None:
                await subscription.ping()  # type: ignore[no-untyped-call]
            elif message["type"] == "subscribe":
                self.is_listening = True
            elif message["type"] == "message":
                try:
                    if message["channel"] == BELL.encode():
                        await ring()
                    else:
                        await arrive(unpack(message["data"]))
                except Exception:
                    # One batch that can't be read, of a node of another version, must not make this one deaf.
                    log.exception("messaging.nodes.unreadable_batch")


def channel_of(node_id: str) -> str:
    return f"chat:node:{node_id}"
