"""Credits: what a user may send is bounded, and the user is always told how much is left."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from messaging.application.ports import CreditBank, MessageKey, MessageStore
from messaging.application.stages.deduplicate import settle
from messaging.domain.credits import Allowance, Grant
from messaging.domain.errors import CREDITS, UNAVAILABLE, PortUnavailable
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage

# For how long a message that is paid for, and not stored yet, is remembered.
PAID_SECONDS = 10.0
RETRY_SECONDS = 2.0


class SpendCredit(SimpleStage):
    """One call per batch. A message is paid for once: what is stored already, or on its way, costs nothing more.

    A copy that races on another node does pay; the store finds it, and it gets its credit back.
    """

    def __init__(self, bank: CreditBank, allowance: Callable[[], Allowance], store: MessageStore) -> None:
        self._bank = bank
        self._allowance = allowance
        self._store = store
        self._paid: OrderedDict[MessageKey, float] = OrderedDict()

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        payers = self._payers(parcels)
        if not payers:
            return parcels
        wanted: Counter[UUID] = Counter()
        for parcel in payers.values():
            wanted[parcel.origin.user_id] += parcel.type.cost
        grants = await self._bank.spend(wanted, self._allowance())
        broke = self._pay(payers, grants)
        if broke:
            # With a message its copies in the batch are refused.
            poor = [one for one in parcels if one.stored is None and key_of(one) in broke]
            await self._refuse(poor, broke, grants)
        return [parcel for parcel in parcels if parcel.refusal is None]

    def _pay(self, payers: Mapping[MessageKey, Parcel], grants: Mapping[UUID, Grant]) -> dict[MessageKey, float]:
        """Share out what was granted; return what couldn't be paid, and when it can."""
        budget = {user_id: grant.granted for user_id, grant in grants.items()}
        broke: dict[MessageKey, float] = {}
        for key, parcel in payers.items():
            grant = grants[parcel.origin.user_id]
            parcel.credits_left = grant.left
            if budget[parcel.origin.user_id] < parcel.type.cost:
                broke[key] = grant.retry_after
                continue
            budget[parcel.origin.user_id] -= parcel.type.cost
            parcel.credits_spent = parcel.type.cost
            self._paid[key] = time.monotonic() + PAID_SECONDS
        return broke

    async def _refuse(
        self, poor: list[Parcel], broke: Mapping[MessageKey, float], grants: Mapping[UUID, Grant]
    ) -> None:
        """Refuse what has no credit left, unless it is stored already: a retry is always answered."""
        try:
            stored = await self._store.find({key_of(parcel) for parcel in poor})
        except PortUnavailable:
            for parcel in poor:
                parcel.refuse(UNAVAILABLE, retry_after=RETRY_SECONDS)
            return
        for parcel in poor:
            key = key_of(parcel)
            if key in stored:
                settle(parcel, stored[key])
                continue
            parcel.credits_left = grants[parcel.origin.user_id].left
            parcel.refuse(CREDITS, retry_after=broke[key])

    def forget(self, parcels: Iterable[Parcel]) -> None:
        """Let these be paid for when they come again: they were refused, and their credits are given back."""
        for parcel in parcels:
            self._paid.pop(key_of(parcel), None)

    def _payers(self, parcels: list[Parcel]) -> dict[MessageKey, Parcel]:
        """Return the first parcel of each message that is not paid for."""
        now = time.monotonic()
        while self._paid and next(iter(self._paid.values())) <= now:
            self._paid.popitem(last=False)
        payers: dict[MessageKey, Parcel] = {}
        for parcel in parcels:
            if parcel.stored is None and key_of(parcel) not in self._paid:
                payers.setdefault(key_of(parcel), parcel)
        return payers


def key_of(parcel: Parcel) -> MessageKey:
    return parcel.origin.user_id, parcel.message.id
