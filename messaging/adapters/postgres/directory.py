"""Who is in which conversation, and how far: reads and cursors."""

import time
import uuid
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from psycopg_pool import AsyncConnectionPool

from messaging.adapters.metrics import READ_TO_BEGIN
from messaging.adapters.postgres.cards import Cards
from messaging.adapters.postgres.pool import connected
from messaging.adapters.postgres.together import Together
from messaging.adapters.postgres.writing import numbers, uuids
from messaging.application.ports import Advance, Head, HeadList, Progress
from messaging.domain.conversations import Card

ACQUAINTANCE_SECONDS = 60.0
REMEMBERED_PAIRS = 20_000
# A change that is older than the position may have been committed after it was read.
OVERLAP_SECONDS = 60
# A person may have a thousand of them.
HEADS_TOGETHER = 20

CARDS = """
    SELECT conversation.id, kind, members_version,
           array_agg(user_id) FILTER (WHERE user_id IS NOT NULL), array_agg(role) FILTER (WHERE user_id IS NOT NULL),
           requested_by_id, coalesce(bool_or(has_blocked), false), closed_at IS NOT NULL
    FROM messaging_conversation AS conversation
    LEFT JOIN messaging_membership AS membership ON conversation_id = conversation.id AND left_at IS NULL
    WHERE conversation.id = ANY(%s) GROUP BY conversation.id
"""
ACQUAINTED = """
    SELECT one, other FROM unnest(%s::uuid[], %s::uuid[]) AS pair (one, other)
    WHERE EXISTS (
        SELECT FROM messaging_membership AS mine JOIN messaging_membership AS theirs USING (conversation_id)
        JOIN messaging_conversation AS conversation ON conversation.id = conversation_id
        WHERE mine.user_id = one AND theirs.user_id = other AND mine.left_at IS NULL AND theirs.left_at IS NULL
          AND NOT mine.has_blocked AND NOT theirs.has_blocked
          AND kind <> 'event' AND requested_by_id IS NULL AND closed_at IS NULL
    )
"""
# One statement for everything that sockets need to begin, and for all that come back at the same moment.
HEADS = """
    SELECT place, extract(epoch FROM statement_timestamp()), head.*
    FROM unnest(%s::uuid[], %s::float8[], %s::int[]) WITH ORDINALITY AS asked (asker, since, most, place)
    LEFT JOIN LATERAL (
        SELECT conversation.id, epoch, last_seq, read_seq
        FROM messaging_membership AS membership
        JOIN messaging_conversation AS conversation ON conversation.id = conversation_id
        WHERE user_id = asker AND left_at IS NULL
        AND (since IS NULL OR since > extract(epoch FROM statement_timestamp())
             OR GREATEST(conversation.changed_at, membership.changed_at)
                >= to_timestamp(since) - %s * interval '1 second')
        ORDER BY conversation.changed_at DESC LIMIT most
    ) AS head ON true
"""
HIDDEN = "SELECT user_id FROM messaging_chatprofile WHERE user_id = ANY(%s) AND NOT shows_presence"
ADVANCE = """
    WITH wanted AS (
        SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[])
        AS wanted (conversation_id, user_id, delivered, read)
    ), place AS (
        SELECT membership.id, LEAST(delivered, last_seq) AS delivered, LEAST(read, last_seq) AS read
        FROM wanted
        JOIN messaging_membership AS membership USING (conversation_id, user_id)
        JOIN messaging_conversation AS conversation ON conversation.id = conversation_id
        WHERE left_at IS NULL AND (LEAST(delivered, last_seq) > delivered_seq OR LEAST(read, last_seq) > read_seq)
        ORDER BY membership.id FOR NO KEY UPDATE OF membership
    )
    UPDATE messaging_membership AS membership
    SET delivered_seq = GREATEST(delivered_seq, delivered), read_seq = GREATEST(read_seq, read),
        changed_at = statement_timestamp()
    FROM place WHERE membership.id = place.id
    RETURNING conversation_id, user_id, delivered_seq, read_seq
"""
# Whoever has written the last message has it.
PROGRESS = """
    SELECT conversation.id, last_seq,
           count(*) FILTER (WHERE delivered_seq >= last_seq OR user_id = sender_id),
           count(*) FILTER (WHERE read_seq >= last_seq OR user_id = sender_id)
    FROM messaging_conversation AS conversation
    JOIN messaging_membership AS membership ON membership.conversation_id = conversation.id AND left_at IS NULL
    JOIN messaging_message AS message ON message.conversation_id = conversation.id AND seq = last_seq
    WHERE conversation.id = ANY(%s) GROUP BY conversation.id
"""


class AskedHeads(NamedTuple):
    """Whose heads: all, or those that changed since a time, and how many at most."""

    user_id: uuid.UUID
    since: float | None
    most: int


class PostgresDirectory:
    def __init__(self, *, readers: AsyncConnectionPool[Any], cards: Cards) -> None:
        self._readers = readers
        self._cards = cards
        self._acquainted: dict[tuple[uuid.UUID, uuid.UUID], float] = {}
        self._heads: Together[AskedHeads, HeadList] = Together(self._read_heads, limit=HEADS_TOGETHER)

    async def cards(self, conversation_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Card]:
        known = {one: card for one in conversation_ids if (card := self._cards.fresh(one)) is not None}
        unknown = [one for one in conversation_ids if one not in known]
        if not unknown:
            return known
        async with connected(self._readers) as connection:
            cursor = await connection.execute(CARDS, [unknown])
            rows = await cursor.fetchall()
        for conversation_id, kind, version, users, roles, *state in rows:
            card = Card(conversation_id, kind, version, dict(zip(users or [], roles or [], strict=True)), *state)
            self._cards.remember(card)
            known[conversation_id] = card
        return known

    async def acquainted(self, pairs: Collection[tuple[uuid.UUID, uuid.UUID]]) -> set[tuple[uuid.UUID, uuid.UUID]]:
        now = time.monotonic()
        known = {pair for pair in pairs if self._acquainted.get(pair, 0.0) > now}
        unknown = [pair for pair in pairs if pair not in known]
        if not unknown:
            return known
        async with connected(self._readers) as connection:
            cursor = await connection.execute(
                ACQUAINTED, [[one for one, _ in unknown], [other for _, other in unknown]]
            )
            found = {(one, other) for one, other in await cursor.fetchall()}
        if len(self._acquainted) > REMEMBERED_PAIRS:
            self._acquainted.clear()
        self._acquainted.update(dict.fromkeys(found, now + ACQUAINTANCE_SECONDS))
        return known | found

    def forget(self, conversation_ids: Collection[uuid.UUID]) -> None:
        self._cards.forget(conversation_ids)
        self._acquainted.clear()

    async def heads(self, user_id: uuid.UUID, *, position: str | None, limit: int) -> HeadList:
        return await self._heads(AskedHeads(user_id, seconds_of(position), limit))

    async def _read_heads(self, asked: Sequence[AskedHeads]) -> list[HeadList]:
        columns: list[Any] = [list(column) for column in zip(*asked, strict=True)]
        async with connected(self._readers) as connection:
            READ_TO_BEGIN.labels(what="heads").inc()
            found = await (await connection.execute(HEADS, [*columns, OVERLAP_SECONDS])).fetchall()
        now = float(found[0][1])
        rows: list[list[Head]] = [[] for _ in asked]
        for place, _, conversation_id, *head in found:
            if conversation_id is not None:
                rows[place - 1].append(Head(conversation_id, *head))
        return [
            HeadList(
                heads,
                position=f"{now:.3f}",
                # More changed than fits: the client must not believe that what isn't listed is unchanged.
                resumed=one.since is not None and one.since <= now and len(heads) < one.most,
            )
            for one, heads in zip(asked, rows, strict=True)
        ]

    async def hidden(self, user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        async with connected(self._readers) as connection:
            cursor = await connection.execute(HIDDEN, [list(user_ids)])
            return {user_id for (user_id,) in await cursor.fetchall()}


class PostgresCursors:
    def __init__(self, *, readers: AsyncConnectionPool[Any]) -> None:
        self._readers = readers

    async def advance(self, advances: Sequence[Advance]) -> list[Advance]:
        columns = [
            uuids(one.conversation_id for one in advances),
            uuids(one.user_id for one in advances),
            numbers(one.delivered for one in advances),
            numbers(one.read for one in advances),
        ]
        async with connected(self._readers) as connection:
            cursor = await connection.execute(ADVANCE, columns)
            return [Advance(*row) for row in await cursor.fetchall()]

    async def progress(self, conversation_ids: Collection[uuid.UUID]) -> list[Progress]:
        async with connected(self._readers) as connection:
            cursor = await connection.execute(PROGRESS, [list(conversation_ids)])
            return [Progress(*row) for row in await cursor.fetchall()]


def seconds_of(position: str | None) -> float | None:
    """Return the time that a position stands for; None for one that isn't ours."""
    try:
        seconds = float(position or "")
    except ValueError:
        return None
    return seconds if 0 < seconds < 2**40 else None
