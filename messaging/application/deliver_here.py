"""Bring what was announced into the sockets of this node; durable messages then wait for their receipts."""

from collections.abc import Awaitable, Callable, Sequence

from messaging.application.sessions import Sessions
from messaging.domain.parcels import Delivery

AwaitReceipts = Callable[[Sequence[Delivery]], Awaitable[None]]


class DeliverToSockets:
    """Write each delivery into the queues of its people's sockets; never waits for any of them."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.await_receipts: AwaitReceipts | None = None

    async def __call__(self, deliveries: Sequence[Delivery]) -> None:
        durable = []
        for delivery in deliveries:
            reached = False
            for session in self._sessions.of_users(delivery.to):
                if session.id == delivery.except_session:
                    continue
                reached = True
                session.give(
                    delivery.payload,
                    conversation_id=delivery.conversation_id,
                    seq=delivery.seq,
                    is_ephemeral=delivery.is_ephemeral,
                )
            if reached and delivery.seq:
                durable.append(delivery)
        if durable and self.await_receipts is not None:
            await self.await_receipts(durable)
