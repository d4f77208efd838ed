"""How the chat's statements are planned: by key, whatever the planner knows of the tables."""

from itertools import count

import pytest
from asgiref.sync import async_to_sync

from messaging.adapters.postgres.directory import ADVANCE, CARDS
from messaging.adapters.postgres.pool import connected, make_pool
from messaging.adapters.postgres.writing import FIND, LOCK, MEMBERS, TARGETS, WRITE


def plan_of(statement: str) -> str:
    """Return the plan that a prepared statement keeps."""
    numbers = count(1)
    while "%s" in statement:
        statement = statement.replace("%s", f"${next(numbers)}", 1)

    async def explain() -> str:
        pool = make_pool(name="plans", size=1)
        await pool.open()
        try:
            async with connected(pool) as connection:
                mode = await (await connection.execute("SHOW plan_cache_mode")).fetchone()
                assert mode == ("force_generic_plan",)
                cursor = await connection.execute(f"EXPLAIN (GENERIC_PLAN) {statement}", prepare=False)
                return "\n".join(line for (line,) in await cursor.fetchall())
        finally:
            await pool.close()

    return str(async_to_sync(explain)())


@pytest.mark.django_db
class TestPlans:
    @pytest.mark.parametrize("statement", [LOCK, FIND, MEMBERS, TARGETS, WRITE, ADVANCE, CARDS])
    def test_no_table_is_read_as_a_whole_though_it_is_empty(self, statement: str) -> None:
        plan = plan_of(statement)

        assert "Seq Scan on messaging_" not in plan
        assert "Hash Join" not in plan
