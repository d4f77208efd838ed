"""The recipient's ACK: messages wait for it on the recipient's node, and a confirmation lets them go on."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from messaging.application.ports import Advance
from messaging.application.sessions import Sessions
from messaging.domain.parcels import Delivery, Parcel
from messaging.domain.stages import SimpleStage
from messaging.domain.types.receipts import Read

GoOn = Callable[[Sequence[Parcel]], Awaitable[None]]


class AwaitReceipt(SimpleStage):
    """Remember what each device was given; nothing leaves here by itself (see Release and redeliver)."""

    is_awaited: ClassVar[bool] = False

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        for parcel in parcels:
            delivery: Delivery = parcel.message
            if delivery.conversation_id is None:
                continue
            for session in self._sessions.of_users(delivery.to):
                if session.id != delivery.except_session:
                    self._sessions.await_receipt(session, delivery.conversation_id)
        return []


class Release(SimpleStage):
    """End the wait for what a device confirms, and pass on what the store doesn't know yet."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        # Where released messages go on: the store of state in the route of chat messages.
        self.go_on: GoOn | None = None

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        now = time.monotonic()
        released = []
        for parcel in parcels:
            parcel.answer = self._release(parcel, now)
            if parcel.answer:
                released.append(parcel)
        if released and self.go_on is not None:
            await self.go_on(released)
        return []

    def _release(self, parcel: Parcel, now: float) -> list[Advance]:
        session = self._sessions.get(parcel.origin.session_id)
        if session is None:
            return []
        has_read = isinstance(parcel.message, Read)
        news = []
        for conversation_id, seq in parcel.message.positions:
            session.confirm(conversation_id, seq, now=now)
            position = session.positions.get(conversation_id)
            read = seq if has_read else 0
            if position is None:
                # Nothing of it was given here, so nothing is remembered; whether the user is in it, the store knows.
                news.append(Advance(conversation_id, session.user_id, delivered=seq, read=read))
            elif seq > position.delivered_told or read > position.read_told:
                position.delivered_told = max(position.delivered_told, seq)
                position.read_told = max(position.read_told, read)
                news.append(Advance(conversation_id, session.user_id, delivered=seq, read=read))
        return news
