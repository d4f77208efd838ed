"""Close sockets whose sign-in has ended: a ban, a revoked token, a session signed out elsewhere."""

from collections.abc import Collection
from uuid import UUID

from messaging.application.ports import SignIns
from messaging.application.sessions import Sessions
from messaging.domain.limits import Close


class CloseSignedOut:
    def __init__(self, sessions: Sessions, sign_ins: SignIns) -> None:
        self._sessions = sessions
        self._sign_ins = sign_ins

    async def __call__(self, user_ids: Collection[UUID] | None = None) -> int:
        """Look again at these people's sockets, or at all of this node; return how many were closed.

        Raises:
            PortUnavailable: the store doesn't answer; the next look comes by the clock.
        """
        looked_at = self._sessions if user_ids is None else self._sessions.of_users(user_ids)
        open_ones = [(session, session.sign_in) for session in looked_at if session.sign_in is not None]
        if not open_ones:
            return 0
        valid = await self._sign_ins.still_valid({sign_in for _, sign_in in open_ones})
        ended = [session for session, sign_in in open_ones if sign_in not in valid]
        for session in ended:
            session.outlet.close(Close.NOT_SIGNED_IN)
        return len(ended)
