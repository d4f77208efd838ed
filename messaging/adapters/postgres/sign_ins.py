"""The sign-ins that sockets are opened with, and whether they still hold."""

from collections.abc import Collection, Sequence
from typing import Any

from knox.crypto import hash_token
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from accounts.scopes import READ, WRITE
from messaging.adapters.metrics import READ_TO_BEGIN
from messaging.adapters.postgres.pool import connected
from messaging.adapters.postgres.together import Together
from messaging.application.ports import SignIn

VALID = """
    SELECT wanted.number FROM unnest(%s::int[], %s::uuid[], %s::text[], %s::text[]) AS wanted (number, user_id, kind, key)
    JOIN accounts_user ON accounts_user.id = wanted.user_id AND is_active
    WHERE kind = 'token' AND EXISTS (
        SELECT FROM accounts_accesstoken AS token
        WHERE token.id = key::uuid AND token.user_id = wanted.user_id AND (expiry IS NULL OR expiry > now()))
    OR kind = 'session' AND EXISTS (SELECT FROM django_session WHERE session_key = key AND expire_date > now())
"""
# A socket reads and writes, so a token that may do less opens none.
OPENED = """
    SELECT digest, user_id, token.id FROM accounts_accesstoken AS token
    JOIN accounts_user ON accounts_user.id = user_id AND is_active
    WHERE digest = ANY(%s) AND (expiry IS NULL OR expiry > now()) AND scopes @> %s
"""
TOKENS_TOGETHER = 200


class PostgresSignIns:
    def __init__(self, *, readers: AsyncConnectionPool[Any]) -> None:
        self._readers = readers
        self._opened: Together[str, SignIn | None] = Together(self._read_opened, limit=TOKENS_TOGETHER)

    async def opened_by(self, token: str) -> SignIn | None:
        return await self._opened(hash_token(token))

    async def _read_opened(self, digests: Sequence[str]) -> list[SignIn | None]:
        async with connected(self._readers) as connection:
            READ_TO_BEGIN.labels(what="tokens").inc()
            cursor = await connection.execute(OPENED, [list(digests), Jsonb([READ, WRITE])])
            found = {row[0]: SignIn(row[1], "token", str(row[2])) for row in await cursor.fetchall()}
        return [found.get(digest) for digest in digests]

    async def still_valid(self, sign_ins: Collection[SignIn]) -> set[SignIn]:
        asked = list(sign_ins)
        columns: list[list[Any]] = [
            list(range(len(asked))),
            [one.user_id for one in asked],
            [one.kind for one in asked],
            [one.key for one in asked],
        ]
        async with connected(self._readers) as connection:
            cursor = await connection.execute(VALID, columns)
            return {asked[number] for (number,) in await cursor.fetchall()}
