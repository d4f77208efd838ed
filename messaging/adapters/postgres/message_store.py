"""Messages in PostgreSQL, written by group commit.

One transaction per batch: (1) lock the conversations' rows in the order of their ids, (2) look for ids that are stored
already, (3) number and insert what is new, with the ids' rows, the conversations' heads and one outbox row.

Note [Two statements]: in one statement, READ COMMITTED looks for duplicates in a snapshot from before the wait for the
lock; a duplicate that was committed meanwhile would be found only by the unique index, after a number was given to it,
and leave a hole. So the look is a statement of its own, after the lock.

Note [Same id, two conversations]: their locks don't meet, so the unique index is what finds this. The batch is rolled
back and written again; then the id is found, and the answer is where it stands.
"""

import asyncio
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from bus.facts import payload_of
from common.ids import new_id
from messaging.adapters.postgres.cards import Cards
from messaging.adapters.postgres.pool import connected
from messaging.application.ports import Draft, MessageKey, Rejected
from messaging.domain.conversations import Card
from messaging.domain.errors import INVALID, NO_CONVERSATION, PortUnavailable
from messaging.domain.messages import ChatMessage, encode
from messaging.domain.parcels import Stored
from messaging.domain_events import CommittedMessage, MessagesCommitted

ATTEMPTS = 3
PAUSE_SECONDS = 0.2

LOCK = """
    SELECT id, kind, last_seq, members_version FROM messaging_conversation
    WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
FIND = """
    SELECT sender_id, id, conversation_id, seq, at FROM messaging_messageid
    JOIN unnest(%s::uuid[], %s::uuid[]) AS wanted (sender_id, id) USING (sender_id, id)
"""
MEMBERS = """
    SELECT conversation_id, user_id, role FROM messaging_membership
    WHERE conversation_id = ANY(%s) AND left_at IS NULL
"""
WRITE = """
    WITH draft AS (
        SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bigint[])
        AS draft (conversation_id, seq, id, sender_id, kind, body, reply_to)
    ), remembered AS (
        INSERT INTO messaging_messageid (sender_id, id, conversation_id, seq, at)
        SELECT sender_id, id, conversation_id, seq, statement_timestamp() FROM draft
    ), stored AS (
        INSERT INTO messaging_message (conversation_id, seq, id, sender_id, kind, body, reply_to, at)
        SELECT conversation_id, seq, id, sender_id, kind, body::jsonb, reply_to, statement_timestamp() FROM draft
    ), counted AS (
        UPDATE messaging_conversation SET last_seq = head.seq, changed_at = statement_timestamp()
        FROM (SELECT conversation_id, max(seq) AS seq FROM draft GROUP BY conversation_id) AS head
        WHERE id = head.conversation_id
    )
    INSERT INTO bus_outboxrow (fact_id, wire_type, topic, key, payload, request_id)
    VALUES (%s, %s, %s, %s, %s, '')
    RETURNING statement_timestamp()
"""
PAGE_AFTER = """
    SELECT seq, id, sender_id, kind, body::text, reply_to, at FROM messaging_message
    WHERE conversation_id = %s AND seq > %s ORDER BY seq LIMIT %s
"""
PAGE_BEFORE = """
    SELECT seq, id, sender_id, kind, body::text, reply_to, at FROM messaging_message
    WHERE conversation_id = %s AND seq < %s ORDER BY seq DESC LIMIT %s
"""


@dataclass(slots=True)
class Numbered:
    """A draft that gets a number in this transaction."""

    draft: Draft
    seq: int
    card: Card


class PostgresMessageStore:
    """`writers` serves commits alone, so that no reader keeps one waiting."""

    def __init__(self, *, writers: AsyncConnectionPool[Any], readers: AsyncConnectionPool[Any], cards: Cards) -> None:
        self._writers = writers
        self._readers = readers
        self._cards = cards

    async def append(self, drafts: Sequence[Draft], *, lane: int) -> list[Stored | Rejected]:
        """Store a batch.

        A connection that breaks leaves open whether the transaction was committed; the next attempt finds out, because
        what was committed is found as a duplicate.

        Raises:
            PortUnavailable: the database didn't answer in several attempts.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with connected(self._writers) as connection:
                    return await self._write(connection, drafts, lane)
            except psycopg.errors.UniqueViolation:
                # Note [Same id, two conversations]
                continue
            except (psycopg.DataError, psycopg.IntegrityError):
                return await self._one_by_one(drafts, lane)
            except PortUnavailable:
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(PAUSE_SECONDS * attempt)
        raise PortUnavailable("the same ids were written elsewhere again and again")

    async def find(self, keys: Collection[MessageKey]) -> dict[MessageKey, Stored]:
        async with connected(self._readers) as connection:
            cursor = await connection.execute(FIND, [[sender for sender, _ in keys], [one for _, one in keys]])
            return {(row[0], row[1]): duplicate_of(row) for row in await cursor.fetchall()}

    async def page(
        self, conversation_id: uuid.UUID, *, after: int | None, before: int | None, limit: int
    ) -> tuple[list[tuple[int, bytes]], bool]:
        async with connected(self._readers) as connection:
            if after is not None:
                cursor = await connection.execute(PAGE_AFTER, [conversation_id, after, limit + 1])
            else:
                cursor = await connection.execute(PAGE_BEFORE, [conversation_id, before or 2**62, limit + 1])
            rows = await cursor.fetchall()
        more = len(rows) > limit
        rows = rows[:limit] if after is not None else rows[:limit][::-1]
        return [(row[0], encoded(conversation_id, row)) for row in rows], more

    async def _write(
        self, connection: psycopg.AsyncConnection[Any], drafts: Sequence[Draft], lane: int
    ) -> list[Stored | Rejected]:
        conversation_ids = list({draft.conversation_id for draft in drafts})
        keys = [[draft.sender_id for draft in drafts], [draft.id for draft in drafts]]
        async with connection.pipeline(), connection.transaction():
            locked = await connection.execute(LOCK, [conversation_ids])
            found = await connection.execute(FIND, keys)
            rows = {row[0]: row for row in await locked.fetchall()}
            known: dict[MessageKey, Stored] = {(row[0], row[1]): duplicate_of(row) for row in await found.fetchall()}
            cards = await self._true_cards(connection, rows)
            heads = {key: row[2] for key, row in rows.items()}
            answers, new = number(drafts, heads=heads, known=known, cards=cards)
            written = await connection.execute(WRITE, columns_of(new, lane)) if new else None
        row = await written.fetchone() if written is not None else None
        at = row[0] if row is not None else None
        return [complete(answer, new, at) for answer in answers]

    async def _true_cards(
        self, connection: psycopg.AsyncConnection[Any], rows: dict[uuid.UUID, tuple[Any, ...]]
    ) -> dict[uuid.UUID, Card]:
        """Return the locked conversations with their members as they are now."""
        cards = {key: card for key, row in rows.items() if (card := self._cards.of_version(key, row[3])) is not None}
        unknown = [key for key in rows if key not in cards]
        if not unknown:
            return cards
        cursor = await connection.execute(MEMBERS, [unknown])
        members: dict[uuid.UUID, dict[uuid.UUID, str]] = {key: {} for key in unknown}
        for conversation_id, user_id, role in await cursor.fetchall():
            members[conversation_id][user_id] = role
        for key in unknown:
            cards[key] = Card(key, rows[key][1], rows[key][3], members[key])
            self._cards.remember(cards[key])
        return cards

    async def _one_by_one(self, drafts: Sequence[Draft], lane: int) -> list[Stored | Rejected]:
        """Find the draft that the database refuses: it must not take its batch with it."""
        if len(drafts) == 1:
            return [Rejected(INVALID)]
        return [(await self.append([draft], lane=lane))[0] for draft in drafts]


def number(
    drafts: Sequence[Draft],
    *,
    heads: dict[uuid.UUID, int],
    known: dict[MessageKey, Stored],
    cards: dict[uuid.UUID, Card],
) -> tuple[list[Stored | Rejected | tuple[int, bool]], list[Numbered]]:
    """Give each new draft the next number of its conversation; a gap can't come about, for refused ones get none.

    Returns:
        An answer per draft: what is known already, a refusal, or (index in the second list, whether it is a repetition
        within the batch); and the new ones.
    """
    answers: list[Stored | Rejected | tuple[int, bool]] = []
    new: list[Numbered] = []
    in_batch: dict[MessageKey, int] = {}
    for draft in drafts:
        key = (draft.sender_id, draft.id)
        card = cards.get(draft.conversation_id)
        if key in known:
            answers.append(known[key])
        elif key in in_batch:
            answers.append((in_batch[key], True))
        elif card is None or not card.admits(draft.sender_id):
            answers.append(Rejected(NO_CONVERSATION))
        elif draft.reply_to is not None and draft.reply_to > heads[draft.conversation_id]:
            answers.append(Rejected(INVALID))
        else:
            heads[draft.conversation_id] += 1
            in_batch[key] = len(new)
            answers.append((len(new), False))
            new.append(Numbered(draft, heads[draft.conversation_id], card))
    return answers, new


def complete(
    answer: Stored | Rejected | tuple[int, bool], new: Sequence[Numbered], at: datetime | None
) -> Stored | Rejected:
    """Add the time of the commit, which is known last."""
    if not isinstance(answer, tuple):
        return answer
    index, is_duplicate = answer
    numbered = new[index]
    assert at is not None  # noqa: S101  (something new was written)
    return Stored(numbered.draft.conversation_id, numbered.seq, at, is_duplicate, numbered.card.members)


def columns_of(new: Sequence[Numbered], lane: int) -> list[Any]:
    """Return the parameters of WRITE."""
    drafts = [one.draft for one in new]
    fact = MessagesCommitted(
        lane=str(lane),
        messages=[
            CommittedMessage(
                id=one.draft.id,
                conversation_id=one.draft.conversation_id,
                seq=one.seq,
                sender_id=one.draft.sender_id,
                kind=one.draft.kind,
            )
            for one in new
        ],
    )
    return [
        [draft.conversation_id for draft in drafts],
        [one.seq for one in new],
        [draft.id for draft in drafts],
        [draft.sender_id for draft in drafts],
        [draft.kind for draft in drafts],
        [draft.body.decode() for draft in drafts],
        [draft.reply_to for draft in drafts],
        new_id(),
        fact.wire_type,
        fact.topic,
        fact.key,
        payload_of(fact),
    ]


def duplicate_of(row: tuple[Any, ...]) -> Stored:
    _, _, conversation_id, seq, at = row
    return Stored(conversation_id, seq, at, is_duplicate=True, members=())


def encoded(conversation_id: uuid.UUID, row: tuple[Any, ...]) -> bytes:
    seq, message_id, sender_id, kind, body, reply_to, at = row
    return encode(
        ChatMessage(
            id=message_id,
            conversation=conversation_id,
            seq=seq,
            sender=sender_id,
            kind=kind,
            body=msgspec.Raw(body.encode()),
            at=at,
            reply_to=reply_to,
        )
    )
