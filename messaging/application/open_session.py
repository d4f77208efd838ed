"""Open a session: hello, then welcome and heads, then everything that is newer."""

import time
import uuid

from messaging.application.ports import CreditBank, Directory, Outlet, Presence, SignIn
from messaging.application.sessions import Session, Sessions
from messaging.domain import limits
from messaging.domain.credits import Allowance
from messaging.domain.errors import Abuse, PortUnavailable
from messaging.domain.messages import Credits, Heads, Hello, Limits, Welcome, encode
from messaging.domain.patience import HELLO_WEIGHT

LIMITS = Limits(
    frame_bytes=limits.FRAME_BYTES,
    object_bytes=limits.OBJECT_BYTES,
    frame_objects=limits.FRAME_OBJECTS,
    text_characters=limits.TEXT_CHARACTERS,
)


class OpenSession:
    """The order matters: first the socket can be found, then the heads are read.

    So a message that is committed meanwhile either stands in the heads or finds the socket; twice does no harm.
    """

    def __init__(self, *, sessions: Sessions, directory: Directory, presence: Presence, bank: CreditBank) -> None:
        self._sessions = sessions
        self._directory = directory
        self._presence = presence
        self._bank = bank

    async def __call__(
        self,
        hello: Hello,
        *,
        session_id: uuid.UUID,
        user_id: uuid.UUID,
        outlet: Outlet,
        allowance: Allowance,
        state: str,
        sign_in: SignIn | None = None,
    ) -> Session:
        """Return the session, which has been welcomed.

        Raises:
            Abuse: the user was sent away a moment ago, or opens more sockets than anybody has devices.
            PortUnavailable: the store doesn't answer.
        """
        now = time.monotonic()
        patience = self._sessions.patience_with(user_id, now=now)
        is_welcome = patience.spend(HELLO_WEIGHT, now=now) and not patience.is_over(now=now)
        if not is_welcome or len(self._sessions.of_user(user_id)) >= limits.SOCKETS:
            raise Abuse("too many sockets")
        session = Session(
            session_id=session_id,
            user_id=user_id,
            device_id=hello.device,
            outlet=outlet,
            patience=patience,
            sign_in=sign_in,
        )
        self._sessions.add(session)
        try:
            await self._say_present(user_id)
            heads = await self._directory.heads(user_id, position=hello.position, limit=limits.HEADS)
            left = await self._bank.left(user_id, allowance)
        except BaseException:
            # The store is away, or the client is gone already.
            self._sessions.remove(session)
            raise
        welcome = Welcome(
            session=session.id,
            user=user_id,
            position=heads.position,
            resumed=heads.resumed,
            credits=Credits(left, allowance.capacity, int(allowance.interval_seconds)),
            limits=LIMITS,
            heartbeat=int(limits.HEARTBEAT_SECONDS),
            state=state,
        )
        told = [(one.conversation_id, one.epoch, one.last_seq, one.read_seq) for one in heads.heads]
        outlet.offer(encode(welcome))
        outlet.offer(encode(Heads(told)))
        session.begin(heads.heads)
        return session

    async def _say_present(self, user_id: uuid.UUID) -> None:
        try:
            await self._presence.arrive(user_id)
        except PortUnavailable:
            # Other nodes reach this one through the outbox until the next renewal.
            return


class CloseSession:
    """Forget a socket; with a user's last one here, the user is no longer looked for on this node."""

    def __init__(self, *, sessions: Sessions, presence: Presence) -> None:
        self._sessions = sessions
        self._presence = presence

    async def __call__(self, session: Session) -> None:
        if not self._sessions.remove(session):
            return
        try:
            await self._presence.leave(session.user_id)
        except PortUnavailable:
            # It ends by itself when it isn't renewed.
            return
