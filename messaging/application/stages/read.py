"""What clients ask for: history, and who is there."""

from messaging.application.ports import Directory, Presence
from messaging.application.read_history import ReadHistory
from messaging.application.sessions import Sessions
from messaging.domain.errors import UNAVAILABLE, PortUnavailable
from messaging.domain.messages import PresenceNotice, encode
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage

RETRY_SECONDS = 2.0


class ReadPages(SimpleStage):
    """A page of a conversation's messages."""

    def __init__(self, read_history: ReadHistory) -> None:
        self._read_history = read_history

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        for parcel in parcels:
            try:
                parcel.answer = encode(await self._read_history(parcel.message))
            except PortUnavailable:
                parcel.refuse(UNAVAILABLE, retry_after=RETRY_SECONDS)
        return [parcel for parcel in parcels if parcel.refusal is None]


class ReadPresence(SimpleStage):
    """Who is there, of the people whom the user shares a conversation with; nothing is said about others."""

    def __init__(self, directory: Directory, presence: Presence, sessions: Sessions) -> None:
        self._directory = directory
        self._presence = presence
        self._sessions = sessions

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        pairs = {(one.origin.user_id, user_id) for one in parcels for user_id in one.message.users}
        try:
            known = await self._directory.acquainted(pairs)
            there = await self._presence.nodes_of({user_id for _, user_id in known})
        except PortUnavailable:
            return []
        for parcel in parcels:
            asked = [one for one in parcel.message.users if (parcel.origin.user_id, one) in known]
            notices = [
                encode(PresenceNotice(user=one, online=bool(there.get(one) or self._sessions.of_user(one))))
                for one in asked
            ]
            parcel.answer = b"\n".join(notices)
        return [parcel for parcel in parcels if parcel.answer]
