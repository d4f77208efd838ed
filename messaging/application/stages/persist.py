"""Persistence: group commit, one writer per lane."""

from typing import ClassVar

from messaging.application.ports import Draft, MessageStore, Rejected
from messaging.domain.errors import UNAVAILABLE, PortUnavailable
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage

RETRY_SECONDS = 2.0


class Persist(SimpleStage):
    """Messages of one conversation go through one lane, so that they keep their order and never wait for each other."""

    batch: ClassVar[int] = 250
    linger_seconds: ClassVar[float] = 0.001

    def __init__(self, store: MessageStore, *, lanes: int) -> None:
        self._store = store
        self.lanes = lanes

    def lane_of(self, parcel: Parcel) -> int:
        return int(parcel.message.conversation.int % self.lanes)

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        new = [parcel for parcel in parcels if parcel.stored is None]
        if not new:
            return parcels
        try:
            answers = await self._store.append([draft_of(one) for one in new], lane=self.lane_of(new[0]))
        except PortUnavailable:
            # Whether they were stored isn't known: the client sends the same id again and gets its one number.
            for parcel in new:
                parcel.refuse(UNAVAILABLE, retry_after=RETRY_SECONDS)
        else:
            for parcel, answer in zip(new, answers, strict=True):
                if isinstance(answer, Rejected):
                    parcel.refuse(answer.code)
                else:
                    parcel.stored = answer
        return [parcel for parcel in parcels if parcel.refusal is None]


def draft_of(parcel: Parcel) -> Draft:
    return Draft(
        sender_id=parcel.origin.user_id,
        id=parcel.message.id,
        conversation_id=parcel.message.conversation,
        kind=parcel.message.kind,
        body=bytes(parcel.message.body),
        reply_to=parcel.message.reply_to,
    )
