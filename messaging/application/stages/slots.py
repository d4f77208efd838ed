"""The first phase of a message with a file: its slot."""

from messaging.application.ports import Rejected, Slots, UploadDoor
from messaging.domain.errors import UNAVAILABLE, PortUnavailable
from messaging.domain.messages import SlotNotice, encode
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage

RETRY_SECONDS = 2.0


class PersistSlot(SimpleStage):
    """Write the slot down; the same id gets the one that it has."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        for parcel in parcels:
            try:
                answer = await self._slots.reserve(parcel.origin.user_id, parcel.message)
            except PortUnavailable:
                parcel.refuse(UNAVAILABLE, retry_after=RETRY_SECONDS)
                continue
            if isinstance(answer, Rejected):
                parcel.refuse(answer.code)
            else:
                parcel.answer = answer
        return [parcel for parcel in parcels if parcel.refusal is None]


class IssueUpload(SimpleStage):
    """Make the signed address to upload to."""

    def __init__(self, door: UploadDoor) -> None:
        self._door = door

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        for parcel in parcels:
            slot, expires_at = parcel.answer
            target = self._door.upload_target(slot)
            parcel.answer = encode(
                SlotNotice(
                    request=parcel.message.request,
                    id=parcel.message.id,
                    attachment=slot.id,
                    method=target.method,
                    url=target.url,
                    fields=dict(target.fields),
                    expires_at=expires_at,
                )
            )
        return parcels
