"""Connections to PostgreSQL for code that runs in the event loop, with Django's address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from messaging.domain.errors import PortUnavailable

CONNECT_SECONDS = 3.0
LIBPQ = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "options", "connect_timeout")
# All statements here look rows up by their keys. A plan made while a table is small, or not analysed yet, reads it as a
# whole, and a prepared statement keeps that plan while the table grows under it.
ONLY_BY_KEY = """
    SELECT set_config(name, setting, false) FROM (VALUES
        ('plan_cache_mode', 'force_generic_plan'), ('enable_seqscan', 'off'), ('enable_hashjoin', 'off'),
        ('enable_mergejoin', 'off'), ('jit', 'off')
    ) AS wanted (name, setting)
"""


def make_pool(*, name: str, size: int) -> AsyncConnectionPool[Any]:
    """Return a pool that is still closed; it must be opened inside the event loop."""
    parameters = connection.get_connection_params()
    known = {key: value for key, value in parameters.items() if key in LIBPQ}
    return AsyncConnectionPool(
        kwargs=known | {"autocommit": True, "application_name": f"chat-{name}", "prepare_threshold": 0},
        configure=plan_by_key,
        min_size=1,
        max_size=size,
        timeout=CONNECT_SECONDS,
        name=f"chat-{name}",
        open=False,
    )


async def plan_by_key(connection_: psycopg.AsyncConnection[Any]) -> None:
    """Set how a new connection plans."""
    await connection_.execute(ONLY_BY_KEY, prepare=False)


@asynccontextmanager
async def connected(pool: AsyncConnectionPool[Any]) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Lend a connection.

    Raises:
        PortUnavailable: the database doesn't answer, or the connection broke.
    """
    try:
        async with pool.connection() as connection_:
            yield connection_
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed) as error:
        raise PortUnavailable("postgres") from error
