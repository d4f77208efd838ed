"""The shared thing while it answers, this node's own while it doesn't."""

import uuid
from collections.abc import Mapping, Sequence

import structlog

from messaging.application.ports import CreditBank, MessageKey, SignalMemory
from messaging.domain.credits import Allowance, Grant
from messaging.domain.errors import PortUnavailable

log = structlog.get_logger(__name__)


class CreditsWithFallback:
    """A user may then spend a bucket per node: more than intended, but bounded."""

    def __init__(self, shared: CreditBank, own: CreditBank) -> None:
        self._shared = shared
        self._own = own

    async def spend(self, wanted: Mapping[uuid.UUID, int], allowance: Allowance) -> dict[uuid.UUID, Grant]:
        try:
            return await self._shared.spend(wanted, allowance)
        except PortUnavailable:
            log.warning("messaging.credits.fallback")
            return await self._own.spend(wanted, allowance)

    async def refund(self, amounts: Mapping[uuid.UUID, int], allowance: Allowance) -> None:
        try:
            await self._shared.refund(amounts, allowance)
        except PortUnavailable:
            await self._own.refund(amounts, allowance)

    async def left(self, user_id: uuid.UUID, allowance: Allowance) -> int:
        try:
            return await self._shared.left(user_id, allowance)
        except PortUnavailable:
            return await self._own.left(user_id, allowance)

    async def grant(self, user_id: uuid.UUID, amount: int, allowance: Allowance) -> None:
        try:
            await self._shared.grant(user_id, amount, allowance)
        except PortUnavailable:
            await self._own.grant(user_id, amount, allowance)


class SignalsWithFallback:
    def __init__(self, shared: SignalMemory, own: SignalMemory) -> None:
        self._shared = shared
        self._own = own

    async def claim(self, keys: Sequence[MessageKey]) -> list[bool]:
        try:
            return await self._shared.claim(keys)
        except PortUnavailable:
            return await self._own.claim(keys)
