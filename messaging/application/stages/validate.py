"""Validation: the rules of the type, and the sender's right to write there."""

from typing import ClassVar

from messaging.application.ports import Directory
from messaging.domain.conversations import Card
from messaging.domain.errors import NO_CONVERSATION, NO_PERSON, UNAVAILABLE, PortUnavailable, Refusal
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage

RETRY_SECONDS = 2.0


class Validate(SimpleStage):
    """For everything that names a conversation. The store checks again, under its lock: this is for the early no.

    It is the first stage of a route, and the batch that it gathers stays one for all that follow.
    """

    linger_seconds: ClassVar[float] = 0.004

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        checked = [parcel for parcel in parcels if obeys_its_type(parcel)]
        try:
            cards = await self._directory.cards({parcel.message.conversation for parcel in checked})
        except PortUnavailable:
            for parcel in checked:
                parcel.refuse(UNAVAILABLE, retry_after=RETRY_SECONDS)
            return []
        valid = []
        for parcel in checked:
            card = cards.get(parcel.message.conversation)
            code = NO_CONVERSATION if card is None else refusal_of(parcel, card)
            if card is None or code is not None:
                parcel.refuse(code or NO_CONVERSATION)
                continue
            parcel.members = card.members
            valid.append(parcel)
        return valid


class ValidateSignal(SimpleStage):
    """For signals: only to people whom the sender shares a conversation with."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        checked = [parcel for parcel in parcels if obeys_its_type(parcel)]
        try:
            known = await self._directory.acquainted({(one.origin.user_id, one.message.to) for one in checked})
        except PortUnavailable:
            for parcel in checked:
                parcel.refuse(UNAVAILABLE, retry_after=RETRY_SECONDS)
            return []
        for parcel in checked:
            if (parcel.origin.user_id, parcel.message.to) not in known:
                parcel.refuse(NO_PERSON)
        return [parcel for parcel in checked if parcel.refusal is None]


def refusal_of(parcel: Parcel, card: Card) -> str | None:
    """Return why the card does not allow it: to write needs more than to read."""
    user_id = parcel.origin.user_id
    if parcel.type.is_reading:
        return None if card.admits(user_id) else NO_CONVERSATION
    return card.refusal(user_id, kind=parcel.type.name if parcel.draft is None else parcel.draft.kind)


def obeys_its_type(parcel: Parcel) -> bool:
    """Apply the type's own rules; a breach refuses the parcel."""
    try:
        parcel.type.check(parcel)
    except Refusal as refusal:
        parcel.refusal = refusal
        return False
    return True
