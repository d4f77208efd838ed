"""Generation: the server's own objects, and their way to sockets of this node."""

from messaging.application.sessions import Sessions
from messaging.domain.messages import encode
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage


class Generate(SimpleStage):
    """Encode it, once for everybody."""

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        for parcel in parcels:
            parcel.answer = encode(parcel.message)
        return parcels


class DeliverHere(SimpleStage):
    """To the socket that it is for, or to all of this node."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        for parcel in parcels:
            addressee = self._sessions.get(parcel.origin.session_id)
            for session in [addressee] if addressee else self._sessions:
                session.give(parcel.answer, is_ephemeral=True)
        return parcels
