"""The sockets of this node, and how far each of them has been told."""

import time
import uuid
from collections.abc import Collection, Iterable, Iterator

from messaging.application.ports import Head, Outlet, SignIn
from messaging.domain.limits import REDELIVER_AFTER_SECONDS
from messaging.domain.patience import Patience

# So many overtaken numbers are waited for; what is further behind, the client asks for.
OVERTAKEN = 1000
# Of so many people it is remembered how patient this node is with them.
REMEMBERED = 20_000


class Position:
    """What one socket was given of a conversation, and what its device has confirmed."""

    __slots__ = ("attempts", "confirmed", "delivered_told", "due_at", "read_told", "sent", "skipped")

    def __init__(self, seq: int) -> None:
        self.sent = seq
        self.confirmed = seq
        # Numbers that were overtaken on their way from another node and are still to come.
        self.skipped: set[int] | None = None
        self.attempts = 0
        self.due_at = 0.0
        self.delivered_told = 0
        self.read_told = 0

    def admits(self, seq: int) -> bool:
        """Tell whether this number was not given yet, and note that it is given now."""
        if seq > self.sent:
            if seq > self.sent + 1:
                skipped = range(max(self.sent + 1, seq - OVERTAKEN), seq)
                self.skipped = (self.skipped or set()).union(skipped)
            self.sent = seq
            return True
        if self.skipped and seq in self.skipped:
            self.skipped.discard(seq)
            return True
        return False

    @property
    def first_missing(self) -> int:
        """The first number that was not given."""
        return min(self.skipped) if self.skipped else self.sent + 1

    def lacks(self, seq: int) -> bool:
        """Tell whether this number was not given yet."""
        return seq > self.sent or bool(self.skipped and seq in self.skipped)


class Session:
    """One socket that has said hello."""

    def __init__(
        self,
        *,
        session_id: uuid.UUID,
        user_id: uuid.UUID,
        device_id: uuid.UUID,
        outlet: Outlet,
        patience: Patience,
        sign_in: SignIn | None = None,
    ) -> None:
        self.id = session_id
        self.user_id = user_id
        self.device_id = device_id
        self.outlet = outlet
        # What it was opened with; it is closed when that ends.
        self.sign_in = sign_in
        self.patience = patience
        self.heard_at = time.monotonic()
        self.positions: dict[uuid.UUID, Position] = {}
        # Conversations of which something is not confirmed yet.
        self.awaiting: dict[uuid.UUID, Position] = {}
        # What arrives before the heads were told waits here, so that the heads come first.
        self._early: list[tuple[bytes, uuid.UUID | None, int]] | None = []

    def begin(self, heads: Iterable[Head]) -> None:
        """Start from the heads: whatever is newer is given to this socket."""
        for head in heads:
            self.positions[head.conversation_id] = Position(head.last_seq)
        early, self._early = self._early or [], None
        for payload, conversation_id, seq in early:
            self.give(payload, conversation_id=conversation_id, seq=seq)

    def give(
        self, payload: bytes, *, conversation_id: uuid.UUID | None = None, seq: int = 0, is_ephemeral: bool = False
    ) -> None:
        """Queue an object for the socket; a durable one once, remembering that it was given."""
        if self._early is not None:
            if not is_ephemeral:
                self._early.append((payload, conversation_id, seq))
        elif conversation_id is None or not seq:
            self.outlet.offer(payload, is_ephemeral=is_ephemeral)
        elif self.position(conversation_id, next_seq=seq).admits(seq):
            self.outlet.offer(payload)

    def position(self, conversation_id: uuid.UUID, *, next_seq: int) -> Position:
        """Return the position; of a conversation that stood in no head, everything before `next_seq` is the client's."""
        position = self.positions.get(conversation_id)
        if position is None:
            position = self.positions[conversation_id] = Position(next_seq - 1)
        return position

    def first_missing(self, conversation_id: uuid.UUID, *, since: int) -> int:
        """Return the first number that was not given, in a conversation of which `since` was committed lately."""
        position = self.positions.get(conversation_id)
        return since if position is None else position.first_missing

    def lacks(self, conversation_id: uuid.UUID, seq: int, *, since: int) -> bool:
        """Tell whether this number was not given yet."""
        position = self.positions.get(conversation_id)
        return seq >= since if position is None else position.lacks(seq)

    def acknowledged(self, conversation_id: uuid.UUID, seq: int) -> None:
        """Note that this socket knows a message because it has sent it."""
        position = self.position(conversation_id, next_seq=seq)
        is_next = position.confirmed == position.sent == seq - 1
        position.admits(seq)
        if is_next:
            position.confirmed = seq

    def await_receipt(self, conversation_id: uuid.UUID, *, now: float) -> None:
        """Wait for the device's confirmation, if something is missing and isn't waited for already."""
        position = self.positions.get(conversation_id)
        if position is None:
            return
        if position.confirmed < position.sent and conversation_id not in self.awaiting:
            position.attempts = 0
            position.due_at = now + REDELIVER_AFTER_SECONDS[0]
            self.awaiting[conversation_id] = position

    def confirm(self, conversation_id: uuid.UUID, seq: int, *, now: float) -> None:
        """Note that the device has everything up to `seq`: cumulative."""
        position = self.positions.get(conversation_id)
        if position is None or seq <= position.confirmed:
            return
        position.confirmed = seq
        position.sent = max(position.sent, seq)
        if position.skipped:
            position.skipped = {skipped for skipped in position.skipped if skipped > seq}
        if seq >= position.sent:
            self.awaiting.pop(conversation_id, None)
        elif conversation_id in self.awaiting:
            position.attempts = 0
            position.due_at = now + REDELIVER_AFTER_SECONDS[0]

    def overdue(self, *, now: float) -> list[tuple[uuid.UUID, Position]]:
        """Return what should be given again, and plan the next time; after the last one only a reconnect helps."""
        due = [(conversation_id, one) for conversation_id, one in self.awaiting.items() if one.due_at <= now]
        for conversation_id, position in due:
            position.attempts += 1
            if position.attempts < len(REDELIVER_AFTER_SECONDS):
                position.due_at = now + REDELIVER_AFTER_SECONDS[position.attempts]
            else:
                del self.awaiting[conversation_id]
        return due


class Sessions:
    """All sockets of this node."""

    def __init__(self) -> None:
        self._by_user: dict[uuid.UUID, dict[uuid.UUID, Session]] = {}
        self._by_id: dict[uuid.UUID, Session] = {}
        self._awaiting: set[Session] = set()
        self._patience: dict[uuid.UUID, Patience] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_id.values()))

    @property
    def users(self) -> Collection[uuid.UUID]:
        return self._by_user.keys()

    def add(self, session: Session) -> None:
        self._by_user.setdefault(session.user_id, {})[session.id] = session
        self._by_id[session.id] = session

    def remove(self, session: Session) -> bool:
        """Forget a socket; True when it was the user's last one here."""
        if self._by_id.pop(session.id, None) is None:
            return False
        self._awaiting.discard(session)
        own = self._by_user[session.user_id]
        del own[session.id]
        if own:
            return False
        del self._by_user[session.user_id]
        return True

    def get(self, session_id: uuid.UUID) -> Session | None:
        return self._by_id.get(session_id)

    def patience_with(self, user_id: uuid.UUID, *, now: float) -> Patience:
        """Return the patience with a person, which outlives their sockets."""
        found = self._patience.get(user_id)
        if found is None:
            if len(self._patience) >= REMEMBERED:
                self._patience = {one: left for one, left in self._patience.items() if not left.is_whole(now=now)}
            found = self._patience[user_id] = Patience(now)
        return found

    def of_user(self, user_id: uuid.UUID) -> Collection[Session]:
        own = self._by_user.get(user_id)
        return own.values() if own else ()

    def of_users(self, user_ids: Iterable[uuid.UUID]) -> Iterator[Session]:
        for user_id in user_ids:
            yield from self.of_user(user_id)

    def await_receipt(self, session: Session, conversation_id: uuid.UUID) -> None:
        session.await_receipt(conversation_id, now=time.monotonic())
        if session.awaiting:
            self._awaiting.add(session)

    def overdue(self, *, now: float) -> list[tuple[Session, uuid.UUID, Position]]:
        """Return what has waited too long for its confirmation."""
        found: list[tuple[Session, uuid.UUID, Position]] = []
        for session in list(self._awaiting):
            found += [(session, *one) for one in session.overdue(now=now)]
            if not session.awaiting:
                self._awaiting.discard(session)
        return found
