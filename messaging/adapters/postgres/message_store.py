"""Messages in PostgreSQL, written by group commit (see `writing`) and read in pages."""

import asyncio
import uuid
from collections.abc import Collection, Sequence
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from messaging.adapters.postgres.cards import Cards
from messaging.adapters.postgres.pool import connected
from messaging.adapters.postgres.writing import (
    FIND,
    LOCK,
    MEMBERS,
    TARGETS,
    WRITE,
    cards_of,
    changes_of,
    columns_of,
    complete,
    duplicate_of,
    encoded,
    keys_of,
    number,
    places_of,
    targets_of,
    uuids,
)
from messaging.application.ports import MessageKey, Rejected
from messaging.domain.conversations import Card
from messaging.domain.drafts import Draft
from messaging.domain.errors import INVALID, PortUnavailable
from messaging.domain.parcels import Stored

ATTEMPTS = 3
PAUSE_SECONDS = 0.2

PAGE = """
    SELECT seq, id, sender_id, kind, body::text, reply_to, at, refers_to, edited_at, deleted_at IS NOT NULL,
           (SELECT jsonb_object_agg(emoji, people)::text
            FROM (SELECT emoji, jsonb_agg(user_id) AS people FROM messaging_reaction AS reaction
                  WHERE reaction.conversation_id = message.conversation_id AND reaction.seq = message.seq
                  GROUP BY emoji) AS by_emoji)
    FROM messaging_message AS message
"""
PAGE_AFTER = PAGE + "WHERE conversation_id = %s AND seq > %s ORDER BY seq LIMIT %s"
PAGE_BEFORE = PAGE + "WHERE conversation_id = %s AND seq < %s ORDER BY seq DESC LIMIT %s"


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
                # Note [Same id, two conversations] in `writing`
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
        conversation_ids = uuids({draft.conversation_id for draft in drafts})
        places = places_of(drafts)
        async with connection.pipeline(), connection.transaction():
            locked = await connection.execute(LOCK, [conversation_ids])
            found = await connection.execute(FIND, keys_of(drafts))
            aims = (
                await connection.execute(TARGETS, [list(one) for one in zip(*places, strict=True)]) if places else None
            )
            rows = {row[0]: row for row in await locked.fetchall()}
            known: dict[MessageKey, Stored] = {(row[0], row[1]): duplicate_of(row) for row in await found.fetchall()}
            targets = targets_of(await aims.fetchall()) if aims is not None else {}
            cards = await self._true_cards(connection, rows)
            heads = {key: row[2] for key, row in rows.items()}
            answers, new = number(drafts, heads=heads, known=known, cards=cards, targets=targets)
            written = await connection.execute(WRITE, columns_of(new, lane)) if new else None
            for statement, parameters in changes_of(new):
                await connection.execute(statement, parameters)
        row = await written.fetchone() if written is not None else None
        at = row[0] if row is not None else None
        return [complete(answer, new, at) for answer in answers]

    async def _true_cards(
        self, connection: psycopg.AsyncConnection[Any], rows: dict[uuid.UUID, tuple[Any, ...]]
    ) -> dict[uuid.UUID, Card]:
        """Return the locked conversations with their members as they are now."""
        cards = {key: card for key, row in rows.items() if (card := self._cards.of_version(key, row[3])) is not None}
        unknown = {key: row for key, row in rows.items() if key not in cards}
        if not unknown:
            return cards
        cursor = await connection.execute(MEMBERS, [list(unknown)])
        for card in cards_of(unknown, await cursor.fetchall()).values():
            cards[card.id] = card
            self._cards.remember(card)
        return cards

    async def _one_by_one(self, drafts: Sequence[Draft], lane: int) -> list[Stored | Rejected]:
        """Find the draft that the database refuses: it must not take its batch with it."""
        if len(drafts) == 1:
            return [Rejected(INVALID)]
        return [(await self.append([draft], lane=lane))[0] for draft in drafts]
