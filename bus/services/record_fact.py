"""State a fact: one outbox row in the transaction that makes it true."""

from bus.facts import Fact, payload_of
from bus.models import OutboxRow
from bus.wakeup import wake_after_commit
from common.ids import new_id
from common.request_ids import current_request_id
from common.transactions import requires_transaction


@requires_transaction
def record_fact(fact: Fact) -> None:
    """Write the fact; it becomes known to others if and only if the open transaction commits.

    Call it after the statement that changes the aggregate: facts of one key get their order from its row lock.

    Raises:
        NoTransaction: no transaction is open.
    """
    record_facts([fact])


@requires_transaction
def record_facts(facts: list[Fact]) -> None:
    """Write several facts in one statement, in their order."""
    OutboxRow.objects.bulk_create(
        [
            OutboxRow(
                fact_id=new_id(),
                wire_type=fact.wire_type,
                topic=fact.topic,
                key=fact.key,
                payload=payload_of(fact),
                request_id=current_request_id(),
            )
            for fact in facts
        ]
    )
    wake_after_commit("relay")
