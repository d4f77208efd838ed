"""The end of each route: answers, refusals, and the undoing of what a refused object has cost."""

from collections import Counter
from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from messaging.application.ports import Advance, CreditBank, Cursors, Directory, Progress
from messaging.application.sessions import Sessions
from messaging.application.stages.deliver import Deliver
from messaging.application.stages.spend_credit import SpendCredit
from messaging.domain.credits import Allowance
from messaging.domain.errors import PortUnavailable
from messaging.domain.messages import Nack, Receipt, ReceiptCounts, encode
from messaging.domain.parcels import Announcement, Parcel
from messaging.domain.stages import SimpleStage


class Finalize(SimpleStage):
    """Answer whoever asked."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        for parcel in parcels:
            session = self._sessions.get(parcel.origin.session_id)
            if session is None:
                continue
            if parcel.refusal is not None:
                session.give(encode(nack_of(parcel)))
            elif isinstance(parcel.answer, bytes):
                session.give(parcel.answer)
        return []


class FinalizeChat(SimpleStage):
    """Refused messages give back their credits; confirmed ones show their receipts to the members."""

    is_awaited: ClassVar[bool] = False

    def __init__(
        self,
        *,
        sessions: Sessions,
        bank: CreditBank,
        allowance: Callable[[], Allowance],
        directory: Directory,
        cursors: Cursors,
        deliver: Deliver,
        spend_credit: SpendCredit,
    ) -> None:
        self._answer = Finalize(sessions)
        self._bank = bank
        self._allowance = allowance
        self._directory = directory
        self._cursors = cursors
        self._deliver = deliver
        self._spend_credit = spend_credit

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        refused = [parcel for parcel in parcels if parcel.refusal is not None]
        if refused:
            await self._compensate(refused)
            await self._answer.run(refused)
        await self._answer.run([parcel for parcel in parcels if isinstance(parcel.answer, bytes)])
        advances = [one for parcel in parcels if parcel.refusal is None for one in advances_of(parcel)]
        if advances:
            await self._show(advances)
        return []

    async def _compensate(self, refused: list[Parcel]) -> None:
        unspent: Counter[UUID] = Counter()
        paid = [parcel for parcel in refused if parcel.credits_spent]
        for parcel in paid:
            unspent[parcel.origin.user_id] += parcel.credits_spent
        self._spend_credit.forget(paid)
        if unspent:
            await self._bank.refund(unspent, self._allowance())

    async def _show(self, advances: list[Advance]) -> None:
        """Tell the members: who has got how far, or of many people how many have."""
        try:
            known = await self._directory.cards({one.conversation_id for one in advances})
            cards = {key: card for key, card in known.items() if card.shows_receipts}
            counted = [card.id for card in cards.values() if not card.lists_receipts]
            progress = await self._cursors.progress(counted) if counted else []
        except PortUnavailable:
            return
        listed = [
            (one.conversation_id, encode(receipt_of(one)))
            for one in advances
            if one.conversation_id in cards and cards[one.conversation_id].lists_receipts
        ]
        counts = [(one.conversation_id, encode(counts_of(one))) for one in progress]
        await self._deliver.announce(
            [
                Announcement(to=cards[conversation_id].members, payload=payload, is_ephemeral=True)
                for conversation_id, payload in listed + counts
            ]
        )


def advances_of(parcel: Parcel) -> list[Advance]:
    """Return what StoreState has found moved; parcels of other ways carry none."""
    return parcel.answer if isinstance(parcel.answer, list) else []


def receipt_of(advance: Advance) -> Receipt:
    return Receipt(
        conversation=advance.conversation_id, user=advance.user_id, delivered=advance.delivered, read=advance.read
    )


def counts_of(progress: Progress) -> ReceiptCounts:
    return ReceiptCounts(
        conversation=progress.conversation_id,
        seq=progress.seq,
        delivered_count=progress.delivered_count,
        read_count=progress.read_count,
    )


def nack_of(parcel: Parcel) -> Nack:
    """Say what was refused, why, and when to try again."""
    refusal = parcel.refusal
    assert refusal is not None  # noqa: S101  (the caller has looked)
    retry_after = None if refusal.retry_after is None else round(refusal.retry_after, 3)
    return Nack(
        code=refusal.code,
        id=getattr(parcel.message, "id", None),
        retry_after=retry_after,
        credits=parcel.credits_left,
        request=getattr(parcel.message, "request", None),
    )
