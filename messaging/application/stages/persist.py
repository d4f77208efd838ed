"""Persistence: group commit, one writer per lane."""

from typing import ClassVar

from messaging.application.ports import MessageStore, Rejected
from messaging.domain.errors import UNAVAILABLE, PortUnavailable
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage

RETRY_SECONDS = 2.0


class Persist(SimpleStage):
    """Messages of one conversation go through one lane, so that they keep their order and never wait for each other.

    Nothing lingers here: while one batch is being committed, the next one gathers by itself.
    """

    batch: ClassVar[int] = 250

    def __init__(self, store: MessageStore, *, lanes: int) -> None:
        self._store = store
        self.lanes = lanes

    def lane_of(self, parcel: Parcel) -> int:
        return int(parcel.message.conversation.int % self.lanes)

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        new = [parcel for parcel in parcels if parcel.stored is None]
        if not new:
            return parcels
        drafts = [one.draft for one in new if one.draft is not None]
        try:
            answers = await self._store.append(drafts, lane=self.lane_of(new[0]))
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
