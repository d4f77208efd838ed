"""The ACK: the sender's promise. It is sent only after the commit."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID

from messaging.application.ports import CreditBank
from messaging.application.recent_ids import RecentIds
from messaging.application.sessions import Sessions
from messaging.domain.credits import Allowance
from messaging.domain.messages import Ack, Credits, SignalAck, encode
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage


class AcknowledgeMessages(SimpleStage):
    """Tell each sender the numbers of its messages and, once per batch, what it may still send."""

    def __init__(
        self, sessions: Sessions, bank: CreditBank, allowance: Callable[[], Allowance], recent: RecentIds
    ) -> None:
        self._sessions = sessions
        self._recent = recent
        self._bank = bank
        self._allowance = allowance

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        left: dict[UUID, int] = {}
        unspent: Counter[UUID] = Counter()
        for parcel in parcels:
            session = self._sessions.get(parcel.origin.session_id)
            if session is not None and parcel.stored is not None:
                session.acknowledged(parcel.stored.conversation_id, parcel.stored.seq)
                session.give(encode(ack_of(parcel)))
            self._recent.remember(parcel)
            if parcel.stored is not None and parcel.stored.is_duplicate and parcel.credits_spent:
                unspent[parcel.origin.user_id] += parcel.credits_spent
            if parcel.credits_left is not None:
                left[parcel.origin.session_id] = parcel.credits_left
        allowance = self._allowance()
        for session_id, credits_left in left.items():
            session = self._sessions.get(session_id)
            if session is not None:
                told = Credits(credits_left, allowance.capacity, int(allowance.interval_seconds))
                session.give(encode(told), is_ephemeral=True)
        if unspent:
            await self._bank.refund(unspent, allowance)
        # Only what is new goes on to the others.
        return [parcel for parcel in parcels if parcel.stored is not None and not parcel.stored.is_duplicate]


class AcknowledgeSignals(SimpleStage):
    """Tell the sender that its signal was taken on, which promises nothing."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        for parcel in parcels:
            session = self._sessions.get(parcel.origin.session_id)
            if session is not None:
                session.give(encode(SignalAck(id=parcel.message.id, call=parcel.message.call)))
        return parcels


def ack_of(parcel: Parcel) -> Ack:
    stored = parcel.stored
    assert stored is not None  # noqa: S101  (the caller has looked)
    return Ack(
        id=parcel.message.id,
        conversation=stored.conversation_id,
        seq=stored.seq,
        at=stored.at,
        duplicate=stored.is_duplicate,
    )
