"""State a fact: one outbox row in the transaction that makes it true."""

from collections.abc import Sequence

from bus.facts import Fact, payload_of
from bus.wakeup import wake_after_commit
from common.request_ids import current_request_id
from common.statements import prepared_cursor
from common.transactions import requires_transaction

# The order of the arrays is the order of the ids.
INSERT_SQL = """
    INSERT INTO bus_outboxrow (request_id, fact_id, wire_type, topic, key, payload)
    SELECT row.request_id, uuidv7(), row.wire_type, row.topic, row.key, row.payload
    FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[])
         WITH ORDINALITY AS row (request_id, wire_type, topic, key, payload, number)
    ORDER BY row.number
"""


@requires_transaction
def record_fact(fact: Fact) -> None:
    """Write the fact; it becomes known to others if and only if the open transaction commits.

    Call it after the statement that changes the aggregate: facts of one key get their order from its row lock.

    Raises:
        NoTransaction: no transaction is open.
        FactTooLarge: Kafka wouldn't take it.
    """
    record_facts([fact])


@requires_transaction
def record_facts(facts: list[Fact], *, request_ids: Sequence[str] = ()) -> None:
    """Write several facts in one statement, in their order; with the request that each came of, if they have different ones."""
    if not facts:
        return
    with prepared_cursor() as sql:
        sql.execute(
            INSERT_SQL,
            [
                list(request_ids) or [current_request_id()] * len(facts),
                [fact.wire_type for fact in facts],
                [fact.topic for fact in facts],
                [fact.key for fact in facts],
                [payload_of(fact) for fact in facts],
            ],
        )
    wake_after_commit("relay")


def fact_insert_sql(fact: type[Fact], *, rows: str, request_id: str) -> tuple[str, list[str]]:
    """Return an INSERT that states `fact` for each row (key, payload) of a query of that name, and its parameters.

    For statements that make many facts true at once: whoever runs one wakes the relay (`wake_after_commit`).
    """
    statement = f"""
        INSERT INTO bus_outboxrow (fact_id, wire_type, topic, key, payload, request_id)
        SELECT uuidv7(), %s, %s, key, payload, %s FROM {rows}
    """  # noqa: S608  (`rows` is a name written by a developer)
    return statement, [fact.wire_type, fact.topic, request_id]
