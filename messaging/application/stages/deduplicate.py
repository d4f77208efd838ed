"""Deduplication: the same sender and id, seen before."""

from messaging.application.ports import SignalMemory
from messaging.application.recent_ids import RecentIds
from messaging.domain.drafts import is_other
from messaging.domain.errors import CONFLICT, DUPLICATE
from messaging.domain.parcels import Parcel, Stored
from messaging.domain.stages import SimpleStage


class Deduplicate(SimpleStage):
    """Find what this node has stored a moment ago: it costs nothing and is only acknowledged again.

    What is older, or went over another node, passes: the store finds it and its credit is given back; who has no credit
    left is looked up before the refusal (see SpendCredit). So an ordinary message costs no look at all.
    """

    def __init__(self, recent: RecentIds) -> None:
        self._recent = recent

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        for parcel in parcels:
            settle(parcel, self._recent.find((parcel.origin.user_id, parcel.message.id)))
        return [parcel for parcel in parcels if parcel.refusal is None]


class DeduplicateSignals(SimpleStage):
    """Let a signal pass once; its memory lasts as long as a signal may."""

    def __init__(self, memory: SignalMemory) -> None:
        self._memory = memory

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        new = await self._memory.claim([(one.origin.user_id, one.message.id) for one in parcels])
        for parcel, is_new in zip(parcels, new, strict=True):
            if not is_new:
                parcel.refuse(DUPLICATE)
        return [parcel for parcel in parcels if parcel.refusal is None]


def settle(parcel: Parcel, stored: Stored | None) -> None:
    """Note what the id stands for already; something else under the same id is refused."""
    if stored is None:
        return
    if parcel.draft is not None and is_other(stored.fingerprint, parcel.draft.fingerprint):
        parcel.refuse(CONFLICT)
    else:
        parcel.stored = stored
