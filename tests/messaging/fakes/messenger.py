"""Store, directory, cursors and commit log in memory: one truth behind four ports."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_news
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec
from msgspec.structs import replace

from messaging.application.ports import Advance, Committed, Head, HeadList, MessageKey, News, Progress, Rejected, SignIn
from messaging.domain.conversations import Card
from messaging.domain.drafts import Draft, is_other
from messaging.domain.errors import CONFLICT, INVALID, NO_CONVERSATION, NO_MESSAGE, NOT_ALLOWED, PortUnavailable
from messaging.domain.messages import ChatMessage, encode
from messaging.domain.parcels import Stored

START = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass
class Room:
    id: uuid.UUID
    kind: str
    members: dict[uuid.UUID, str]
    version: int = 1
    messages: list[ChatMessage] = field(default_factory=list)
    requested_by: uuid.UUID | None = None
    is_blocked: bool = False
    is_closed: bool = False
    read: dict[uuid.UUID, int] = field(default_factory=dict)
    delivered: dict[uuid.UUID, int] = field(default_factory=dict)
    changed: int = 0


class FakeMessenger:
    """`is_away` makes every port behind it unavailable; `before_commit` runs inside an append."""

    def __init__(self) -> None:
        self.rooms: dict[uuid.UUID, Room] = {}
        self.ids: dict[MessageKey, Stored] = {}
        self.is_away = False
        self.appends: list[int] = []
        self._log: list[Committed] = []
        self.other_news = News()
        self.ended: set[SignIn] = set()
        self.tokens: dict[str, SignIn] = {}
        self.hiding: set[uuid.UUID] = set()
        self._ticks = count(1)

    def open_room(self, *members: uuid.UUID, kind: str = "direct") -> uuid.UUID:
        room = Room(uuid.uuid4(), kind, dict.fromkeys(members, "member"), changed=next(self._ticks))
        self.rooms[room.id] = room
        return room.id

    def remove(self, conversation_id: uuid.UUID, user_id: uuid.UUID) -> None:
        room = self.rooms[conversation_id]
        del room.members[user_id]
        room.version += 1

    # MessageStore

    async def append(self, drafts: Sequence[Draft], *, lane: int) -> list[Stored | Rejected]:
        self._check()
        self.appends.append(len(drafts))
        return [self._store(draft) for draft in drafts]

    async def find(self, keys: Collection[MessageKey]) -> dict[MessageKey, Stored]:
        self._check()
        return {key: self.ids[key] for key in keys if key in self.ids}

    async def page(
        self, conversation_id: uuid.UUID, *, after: int | None, before: int | None, limit: int
    ) -> tuple[list[tuple[int, bytes]], bool]:
        self._check()
        numbered = [(one.seq, encode(one)) for one in self.rooms[conversation_id].messages]
        if after is not None:
            found = [one for one in numbered if one[0] > after]
            return found[:limit], len(found) > limit
        found = [one for one in numbered if one[0] < (before or len(numbered) + 1)]
        return found[-limit:], len(found) > limit

    # Directory

    async def cards(self, conversation_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Card]:
        self._check()
        return {one: card_of(room) for one in conversation_ids if (room := self.rooms.get(one)) is not None}

    async def acquainted(self, pairs: Collection[tuple[uuid.UUID, uuid.UUID]]) -> set[tuple[uuid.UUID, uuid.UUID]]:
        self._check()
        return {pair for pair in pairs if any(set(pair) <= set(room.members) for room in self.rooms.values())}

    async def heads(self, user_id: uuid.UUID, *, position: str | None, limit: int) -> HeadList:
        self._check()
        since = int(position) if position is not None and position.isdigit() else None
        now = next(self._ticks)
        if since is not None and since > now:
            since = None
        own = [room for room in self.rooms.values() if user_id in room.members]
        changed = sorted((room for room in own if since is None or room.changed > since), key=lambda one: -one.changed)
        heads = [Head(one.id, 1, len(one.messages), one.read.get(user_id, 0)) for one in changed[:limit]]
        return HeadList(heads, position=str(now), resumed=since is not None and len(changed) < limit)

    def forget(self, conversation_ids: Collection[uuid.UUID]) -> None:
        """Nothing is remembered here."""

    async def hidden(self, user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        self._check()
        return self.hiding & set(user_ids)

    # SignIns

    async def opened_by(self, token: str) -> SignIn | None:
        return self.tokens.get(token)

    async def still_valid(self, sign_ins: Collection[SignIn]) -> set[SignIn]:
        self._check()
        return set(sign_ins) - self.ended

    # Cursors

    async def advance(self, advances: Sequence[Advance]) -> list[Advance]:
        self._check()
        moved = []
        for one in advances:
            room = self.rooms.get(one.conversation_id)
            if room is None or one.user_id not in room.members:
                continue
            before = room.delivered.get(one.user_id, 0), room.read.get(one.user_id, 0)
            last = len(room.messages)
            after = max(before[0], min(one.delivered, last)), max(before[1], min(one.read, last))
            room.delivered[one.user_id], room.read[one.user_id] = after
            if after != before:
                moved.append(Advance(one.conversation_id, one.user_id, *after))
        return moved

    async def progress(self, conversation_ids: Collection[uuid.UUID]) -> list[Progress]:
        self._check()
        found = []
        for room in (self.rooms[one] for one in conversation_ids if self.rooms[one].messages):
            last, sender = len(room.messages), room.messages[-1].sender
            delivered = {one for one, seq in room.delivered.items() if seq >= last} | {sender}
            read = {one for one, seq in room.read.items() if seq >= last} | {sender}
            found.append(Progress(room.id, last, len(delivered), len(read)))
        return found

    # CommitLog

    async def news(self) -> News:
        self._check()
        log, self._log = self._log, []
        news, self.other_news = self.other_news, News()
        return replace_news(news, committed=log)

    def _store(self, draft: Draft) -> Stored | Rejected:
        key = (draft.sender_id, draft.id)
        if key in self.ids:
            is_conflict = is_other(self.ids[key].fingerprint, draft.fingerprint)
            return Rejected(CONFLICT) if is_conflict else self.ids[key]
        room = self.rooms.get(draft.conversation_id)
        code = NO_CONVERSATION if room is None else self._refusal(draft, room)
        if room is None or code is not None:
            return Rejected(code or NO_CONVERSATION)
        seq = len(room.messages) + 1
        stored = Stored(room.id, seq, START + timedelta(seconds=seq), is_duplicate=False, members=tuple(room.members))
        message = ChatMessage(
            id=draft.id,
            conversation=room.id,
            seq=seq,
            sender=draft.sender_id,
            kind=draft.kind,
            body=msgspec.Raw(draft.body),
            at=stored.at,
            reply_to=draft.reply_to,
            refers_to=draft.refers_to,
        )
        room.messages.append(message)
        if draft.refers_to is not None:
            self._change(room, draft, stored.at)
        room.changed = next(self._ticks)
        self.ids[key] = Stored(room.id, seq, stored.at, is_duplicate=True, members=(), fingerprint=draft.fingerprint)
        self._log.append(Committed(room.id, seq))
        return stored

    def _refusal(self, draft: Draft, room: Room) -> str | None:
        code = card_of(room).refusal(draft.sender_id, kind=draft.kind, last_seq=len(room.messages))
        if code is not None:
            return code
        if draft.reply_to is not None and draft.reply_to > len(room.messages):
            return INVALID
        return None if draft.refers_to is None else self._refusal_of_command(draft, room)

    def _refusal_of_command(self, draft: Draft, room: Room) -> str | None:
        assert draft.refers_to is not None
        if draft.refers_to > len(room.messages):
            return NO_MESSAGE
        target = room.messages[draft.refers_to - 1]
        if target.deleted or target.refers_to is not None:
            return NO_MESSAGE
        leads = room.members[draft.sender_id] != "member"
        is_own = target.sender == draft.sender_id
        if (draft.kind == "edit" and not is_own) or (draft.kind == "delete" and not (is_own or leads)):
            return NOT_ALLOWED
        return None

    def _change(self, room: Room, draft: Draft, at: datetime) -> None:
        assert draft.refers_to is not None
        place = draft.refers_to - 1
        target = room.messages[place]
        if draft.kind == "edit":
            room.messages[place] = replace(target, body=msgspec.Raw(draft.body), edited_at=at)
        elif draft.kind == "delete":
            room.messages[place] = replace(target, body=msgspec.Raw(b"{}"), deleted=True)
            for number, one in enumerate(room.messages):
                if one.kind == "edit" and one.refers_to == draft.refers_to:
                    room.messages[number] = replace(one, body=msgspec.Raw(b"{}"))
        else:
            emoji = msgspec.json.decode(draft.body)["emoji"]
            people = msgspec.json.decode(target.reactions or b"{}", type=dict[str, list[str]])
            named = [one for one in people.get(emoji, []) if one != str(draft.sender_id)]
            people[emoji] = [*named, str(draft.sender_id)] if draft.kind == "react" else named
            left = {one: who for one, who in people.items() if who}
            reactions = msgspec.Raw(msgspec.json.encode(left)) if left else None
            room.messages[place] = replace(target, reactions=reactions)

    def _check(self) -> None:
        if self.is_away:
            raise PortUnavailable("messenger")


def card_of(room: Room) -> Card:
    return Card(
        room.id, room.kind, room.version, dict(room.members), room.requested_by, room.is_blocked, room.is_closed
    )
