"""The route of a chat message over two nodes, joined.

It begins on the sender's node and ends there with `deliver`. On the recipient's node it goes on: what reached a socket
waits in `await_receipt`, and what the device confirms goes on from there to `store_state` and `finalize`.
"""

import time
from collections.abc import Sequence
from uuid import UUID

from messaging.application.deliver_here import DeliverToSockets
from messaging.application.stages.await_receipt import Release
from messaging.domain import stages
from messaging.domain.parcels import Delivery, Origin, Parcel
from messaging.domain.pipeline import Pipeline
from messaging.domain.types.chat import CHAT

NOBODY = Origin(UUID(int=0), UUID(int=0))


def connect_receipts(*, pipeline: Pipeline, deliver_here: DeliverToSockets, release: Release) -> None:
    """Let deliveries enter the chat route at `await_receipt`, and confirmations at `store_state`."""

    async def await_receipts(deliveries: Sequence[Delivery]) -> None:
        now = time.monotonic()
        parcels = [Parcel(CHAT, NOBODY, delivery, now) for delivery in deliveries]
        await pipeline.enter(CHAT.name, stages.AWAIT_RECEIPT, parcels)

    async def store_state(parcels: Sequence[Parcel]) -> None:
        await pipeline.enter(CHAT.name, stages.STORE_STATE, parcels)

    deliver_here.await_receipts = await_receipts
    release.go_on = store_state
