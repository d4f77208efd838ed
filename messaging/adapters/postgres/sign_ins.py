"""Whether the sign-ins that sockets were opened with still hold."""

from collections.abc import Collection
from typing import Any

from psycopg_pool import AsyncConnectionPool

from messaging.adapters.postgres.pool import connected
from messaging.application.ports import SignIn

VALID = """
    SELECT wanted.number FROM unnest(%s::int[], %s::uuid[], %s::text[], %s::text[]) AS wanted (number, user_id, kind, key)
    JOIN accounts_user ON accounts_user.id = wanted.user_id AND is_active
    WHERE kind = 'token' AND EXISTS (
        SELECT FROM accounts_accesstoken AS token
        WHERE token.id = key::uuid AND token.user_id = wanted.user_id AND (expiry IS NULL OR expiry > now()))
    OR kind = 'session' AND EXISTS (SELECT FROM django_session WHERE session_key = key AND expire_date > now())
"""


class PostgresSignIns:
    def __init__(self, *, readers: AsyncConnectionPool[Any]) -> None:
        self._readers = readers

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
