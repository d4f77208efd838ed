"""Write one message inside a request's or a handler's transaction: what other apps ask for, and what storage reports.

The same statements as the chat's writer, through Django's connection. The conversation stays locked until the commit, so
this is the last thing that its transaction does.
"""

import uuid
from typing import Any

from django.db import connection

from bus.wakeup import wake_after_commit
from common.transactions import requires_transaction
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
    number,
    places_of,
    targets_of,
)
from messaging.application.ports import Rejected
from messaging.domain.drafts import Draft
from messaging.domain.parcels import Stored

# Writers of the chat process have the lanes below.
LANE = 9
# The platform itself as a sender.
SERVICE = uuid.UUID(int=0)


@requires_transaction
def post_message(*, draft: Draft) -> Stored | Rejected:
    """Store a message, once for ever under its id; the nodes find it in the outbox and are woken for it."""
    with connection.cursor() as sql:
        rows = {row[0]: row for row in _rows(sql, LOCK, [[draft.conversation_id]])}
        known = {(row[0], row[1]): duplicate_of(row) for row in _rows(sql, FIND, [[draft.sender_id], [draft.id]])}
        places = places_of([draft])
        targets = targets_of(_rows(sql, TARGETS, [list(one) for one in zip(*places, strict=True)])) if places else {}
        cards = cards_of(rows, _rows(sql, MEMBERS, [list(rows)]))
        heads = {key: row[2] for key, row in rows.items()}
        is_service = draft.sender_id == SERVICE
        answers, new = number([draft], heads=heads, known=known, cards=cards, targets=targets, is_service=is_service)
        at = _rows(sql, WRITE, columns_of(new, LANE))[0][0] if new else None
        for statement, parameters in changes_of(new):
            sql.execute(statement, parameters)
    if new:
        wake_after_commit("relay")
        wake_after_commit("chat")
    return complete(answers[0], new, at)


def _rows(sql: Any, statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    sql.execute(statement, parameters)
    return list(sql.fetchall())
