"""What clients ask for: history, and who is there."""

from typing import ClassVar
from uuid import UUID

from messaging.application.ports import Directory, Presence
from messaging.application.read_history import ReadHistory
from messaging.application.sessions import Sessions
from messaging.domain.errors import UNAVAILABLE, PortUnavailable
from messaging.domain.messages import PresenceNotice, encode
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage

RETRY_SECONDS = 2.0


class ReadPages(SimpleStage):
    """A page of a conversation's messages; few at a time, since each may be half a megabyte, and none for who has gone."""

    batch: ClassVar[int] = 8

    def __init__(self, read_history: ReadHistory, sessions: Sessions) -> None:
        self._read_history = read_history
        self._sessions = sessions

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        asked = [one for one in parcels if self._is_waited_for(one)]
        for parcel in asked:
            try:
                parcel.answer = encode(await self._read_history(parcel.message))
            except PortUnavailable:
                parcel.refuse(UNAVAILABLE, retry_after=RETRY_SECONDS)
        return [parcel for parcel in asked if parcel.refusal is None]

    def _is_waited_for(self, parcel: Parcel) -> bool:
        session = self._sessions.get(parcel.origin.session_id)
        return session is not None and not session.outlet.is_closing


class ReadPresence(SimpleStage):
    """Who is there, of the people whom the user shares a conversation with and who show it; of others nothing is said."""

    def __init__(self, directory: Directory, presence: Presence, sessions: Sessions) -> None:
        self._directory = directory
        self._presence = presence
        self._sessions = sessions

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        pairs = {(one.origin.user_id, user_id) for one in parcels for user_id in one.message.users}
        try:
            known = await self._directory.acquainted(pairs)
            shown = {user_id for _, user_id in known}
            shown -= await self._directory.hidden(shown)
            notices = await self._notices_of(shown)
        except PortUnavailable:
            return []
        for parcel in parcels:
            asker = parcel.origin.user_id
            session = self._sessions.get(parcel.origin.session_id)
            for one in parcel.message.users:
                if session is not None and one in notices and (asker, one) in known:
                    session.give(notices[one], is_ephemeral=True)
        return []

    async def _notices_of(self, user_ids: set[UUID]) -> dict[UUID, bytes]:
        nodes = await self._presence.nodes_of(user_ids)
        there = {one for one in user_ids if nodes.get(one) or self._sessions.of_user(one)}
        seen = await self._presence.last_seen(user_ids - there)
        return {one: encode(PresenceNotice(user=one, online=one in there, last_seen=seen.get(one))) for one in user_ids}
