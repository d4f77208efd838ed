"""Credits: what a user may send is bounded, and the user is always told how much is left."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID

from messaging.application.ports import CreditBank
from messaging.domain.credits import Allowance
from messaging.domain.errors import CREDITS
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage


class SpendCredit(SimpleStage):
    """One call per batch. What is stored already costs nothing."""

    def __init__(self, bank: CreditBank, allowance: Callable[[], Allowance]) -> None:
        self._bank = bank
        self._allowance = allowance

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        wanted: Counter[UUID] = Counter()
        for parcel in parcels:
            if parcel.stored is None:
                wanted[parcel.origin.user_id] += parcel.type.cost
        if not wanted:
            return parcels
        grants = await self._bank.spend(wanted, self._allowance())
        budget = {user_id: grant.granted for user_id, grant in grants.items()}
        for parcel in parcels:
            if parcel.stored is not None:
                continue
            user_id = parcel.origin.user_id
            parcel.credits_left = grants[user_id].left
            if budget[user_id] < parcel.type.cost:
                parcel.refuse(CREDITS, retry_after=grants[user_id].retry_after)
                continue
            budget[user_id] -= parcel.type.cost
            parcel.credits_spent = parcel.type.cost
        return [parcel for parcel in parcels if parcel.refusal is None]
