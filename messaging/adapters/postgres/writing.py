"""How messages are written: the statements, and who gets which number. Shared by the chat's writer and by `posting`.

One transaction per batch: (1) lock the conversations' rows in the order of their ids, (2) look for ids that are stored
already, (3) number and insert what is new, with the ids' rows, the conversations' heads and one outbox row.

Note [Two statements]: in one statement, READ COMMITTED looks for duplicates in a snapshot from before the wait for the
lock; a duplicate that was committed meanwhile would be found only by the unique index, after a number was given to it,
and leave a hole. So the look is a statement of its own, after the lock.

Note [Same id, two conversations]: their locks don't meet, so the unique index is what finds this. The batch is rolled
back and written again; then the id is found, and the answer is where it stands.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from bus.facts import payload_of
from common.ids import new_id
from messaging.application.ports import MessageKey, Rejected
from messaging.domain.conversations import Card, Kind
from messaging.domain.drafts import Draft, is_other
from messaging.domain.errors import CONFLICT, INVALID, NO_CONVERSATION, NO_MESSAGE, NOT_ALLOWED
from messaging.domain.messages import ChatMessage, encode
from messaging.domain.parcels import Stored
from messaging.domain_events import CommittedMessage, MessagesCommitted

# What can be edited, and what can be taken back or have an emoji under it.
TEXTS = frozenset({"text", "announcement"})
SHOWN = frozenset({*TEXTS, "file", "call", "notice"})

LOCK = """
    SELECT id, kind, last_seq, members_version, requested_by_id, closed_at IS NOT NULL FROM messaging_conversation
    WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
FIND = """
    SELECT sender_id, id, conversation_id, seq, at, fingerprint FROM messaging_messageid
    JOIN unnest(%s::uuid[], %s::uuid[]) AS wanted (sender_id, id) USING (sender_id, id)
"""
MEMBERS = """
    SELECT conversation_id, user_id, role, has_blocked FROM messaging_membership
    WHERE conversation_id = ANY(%s) AND left_at IS NULL
"""
TARGETS = """
    SELECT conversation_id, seq, sender_id, kind, deleted_at IS NOT NULL FROM messaging_message
    JOIN unnest(%s::uuid[], %s::bigint[]) AS wanted (conversation_id, seq) USING (conversation_id, seq)
"""
WRITE = """
    WITH draft AS (
        SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bigint[],
                             %s::bigint[], %s::bigint[])
        AS draft (conversation_id, seq, id, sender_id, kind, body, reply_to, refers_to, fingerprint)
    ), remembered AS (
        INSERT INTO messaging_messageid (sender_id, id, conversation_id, seq, at, fingerprint)
        SELECT sender_id, id, conversation_id, seq, statement_timestamp(), fingerprint FROM draft
    ), stored AS (
        INSERT INTO messaging_message (conversation_id, seq, id, sender_id, kind, body, reply_to, refers_to, at)
        SELECT conversation_id, seq, id, sender_id, kind, body::jsonb, reply_to, refers_to, statement_timestamp()
        FROM draft
    ), counted AS (
        UPDATE messaging_conversation SET last_seq = head.seq, changed_at = statement_timestamp()
        FROM (SELECT conversation_id, max(seq) AS seq FROM draft GROUP BY conversation_id) AS head
        WHERE id = head.conversation_id
    )
    INSERT INTO bus_outboxrow (fact_id, wire_type, topic, key, payload, request_id)
    VALUES (%s, %s, %s, %s, %s, '')
    RETURNING statement_timestamp()
"""
CHANGES = {
    "edit": """
        UPDATE messaging_message SET body = %(body)s::jsonb, edited_at = statement_timestamp()
        WHERE conversation_id = %(conversation)s AND seq = %(seq)s
    """,
    # The earlier texts go too: a deleted message can't be read in its edits.
    "delete": """
        UPDATE messaging_message
        SET body = '{}', deleted_at = CASE WHEN seq = %(seq)s THEN statement_timestamp() ELSE deleted_at END
        WHERE conversation_id = %(conversation)s AND (seq = %(seq)s OR refers_to = %(seq)s AND kind = 'edit')
    """,
    "react": """
        INSERT INTO messaging_reaction (conversation_id, seq, user_id, emoji)
        VALUES (%(conversation)s, %(seq)s, %(user)s, %(body)s::jsonb ->> 'emoji') ON CONFLICT DO NOTHING
    """,
    "unreact": """
        DELETE FROM messaging_reaction
        WHERE conversation_id = %(conversation)s AND seq = %(seq)s AND user_id = %(user)s
          AND emoji = %(body)s::jsonb ->> 'emoji'
    """,
}
# Who is helped waits from the first message on that nobody has answered.
WAITS = """
    UPDATE messaging_conversation
    SET waiting_since = CASE WHEN supported_id = %(user)s THEN coalesce(waiting_since, statement_timestamp()) END
    WHERE id = %(conversation)s AND kind = 'support'
"""


class Target(NamedTuple):
    """What is known of a message that a command refers to."""

    sender_id: uuid.UUID
    kind: str
    is_deleted: bool


@dataclass(slots=True)
class Numbered:
    """A draft that gets a number in this transaction."""

    draft: Draft
    seq: int
    card: Card


Answer = Stored | Rejected | tuple[int, bool]
Place = tuple[uuid.UUID, int]


def places_of(drafts: Sequence[Draft]) -> list[Place]:
    """Return where the messages stand that commands refer to."""
    return [(draft.conversation_id, draft.refers_to) for draft in drafts if draft.refers_to is not None]


def targets_of(rows: Sequence[tuple[Any, ...]]) -> dict[Place, Target]:
    return {(row[0], row[1]): Target(*row[2:]) for row in rows}


def cards_of(rows: Mapping[uuid.UUID, tuple[Any, ...]], members: Sequence[tuple[Any, ...]]) -> dict[uuid.UUID, Card]:
    """Return cards from the rows of LOCK and MEMBERS."""
    roles: dict[uuid.UUID, dict[uuid.UUID, str]] = {key: {} for key in rows}
    blocked = set()
    for conversation_id, user_id, role, has_blocked in members:
        roles[conversation_id][user_id] = role
        if has_blocked:
            blocked.add(conversation_id)
    return {
        key: Card(key, kind, version, roles[key], requested_by, key in blocked, is_closed)
        for key, (_, kind, _, version, requested_by, is_closed) in rows.items()
    }


def number(
    drafts: Sequence[Draft],
    *,
    heads: dict[uuid.UUID, int],
    known: dict[MessageKey, Stored],
    cards: Mapping[uuid.UUID, Card],
    targets: dict[Place, Target],
    is_service: bool = False,
) -> tuple[list[Answer], list[Numbered]]:
    """Give each new draft the next number of its conversation; a gap can't come about, for refused ones get none.

    `is_service`: the platform itself writes, which is a member nowhere.

    Returns:
        An answer per draft: what is known already, a refusal, or (index in the second list, whether it is a repetition
        within the batch); and the new ones.
    """
    answers: list[Answer] = []
    new: list[Numbered] = []
    in_batch: dict[MessageKey, int] = {}
    for draft in drafts:
        key = (draft.sender_id, draft.id)
        if key in known:
            is_conflict = is_other(known[key].fingerprint, draft.fingerprint)
            answers.append(Rejected(CONFLICT) if is_conflict else known[key])
            continue
        if key in in_batch:
            is_conflict = is_other(new[in_batch[key]].draft.fingerprint, draft.fingerprint)
            answers.append(Rejected(CONFLICT) if is_conflict else (in_batch[key], True))
            continue
        card = cards.get(draft.conversation_id)
        code = refusal(draft, card, heads, targets, is_service=is_service)
        if card is None or code is not None:
            answers.append(Rejected(code or NO_CONVERSATION))
            continue
        heads[draft.conversation_id] += 1
        in_batch[key] = len(new)
        answers.append((len(new), False))
        new.append(Numbered(draft, heads[draft.conversation_id], card))
        if draft.kind == "delete" and draft.refers_to is not None:
            place = (draft.conversation_id, draft.refers_to)
            targets[place] = targets[place]._replace(is_deleted=True)
    return answers, new


def refusal(
    draft: Draft,
    card: Card | None,
    heads: Mapping[uuid.UUID, int],
    targets: Mapping[Place, Target],
    *,
    is_service: bool,
) -> str | None:
    """Return why a new draft may not be stored, if so."""
    if card is None:
        return NO_CONVERSATION
    last_seq = heads[draft.conversation_id]
    if not is_service:
        code = card.refusal(draft.sender_id, kind=draft.kind, last_seq=last_seq)
        if code is not None:
            return code
    if draft.reply_to is not None and draft.reply_to > last_seq:
        return INVALID
    return None if draft.refers_to is None else refusal_of_command(draft, card, targets)


def refusal_of_command(draft: Draft, card: Card, targets: Mapping[Place, Target]) -> str | None:
    """Return why the draft's sender may not change what it refers to, if so."""
    assert draft.refers_to is not None  # noqa: S101  (the caller has looked)
    target = targets.get((draft.conversation_id, draft.refers_to))
    if target is None or target.is_deleted or target.kind not in SHOWN:
        return NO_MESSAGE
    is_own = target.sender_id == draft.sender_id
    if draft.kind == "edit" and not (is_own and target.kind in TEXTS):
        return NOT_ALLOWED
    if draft.kind == "delete" and not (is_own or card.leads(draft.sender_id)):
        return NOT_ALLOWED
    return None


def complete(answer: Answer, new: Sequence[Numbered], at: datetime | None) -> Stored | Rejected:
    """Add the time of the commit, which is known last."""
    if not isinstance(answer, tuple):
        return answer
    index, is_duplicate = answer
    numbered = new[index]
    assert at is not None  # noqa: S101  (something new was written)
    draft = numbered.draft
    return Stored(draft.conversation_id, numbered.seq, at, is_duplicate, numbered.card.members, draft.fingerprint)


def uuids(values: Iterable[uuid.UUID]) -> str:
    """Return an array as PostgreSQL reads it: the driver takes each element apart, which costs more than the rest."""
    return "{" + ",".join([value.hex for value in values]) + "}"


def numbers(values: Iterable[int | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def keys_of(drafts: Sequence[Draft]) -> list[str]:
    """Return the parameters of FIND."""
    return [uuids([draft.sender_id for draft in drafts]), uuids([draft.id for draft in drafts])]


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
        uuids(draft.conversation_id for draft in drafts),
        numbers(one.seq for one in new),
        uuids(draft.id for draft in drafts),
        uuids(draft.sender_id for draft in drafts),
        [draft.kind for draft in drafts],
        [draft.body.decode() for draft in drafts],
        numbers(draft.reply_to for draft in drafts),
        numbers(draft.refers_to for draft in drafts),
        numbers(draft.fingerprint for draft in drafts),
        new_id(),
        fact.wire_type,
        fact.topic,
        fact.key,
        payload_of(fact),
    ]


def changes_of(new: Sequence[Numbered]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the statements that follow from the new messages, in their order.

    Commands bring the messages that they are about up to date; in a support conversation, somebody waits or is answered.
    """
    for one in new:
        draft = one.draft
        if draft.refers_to is not None:
            yield (
                CHANGES[draft.kind],
                {
                    "conversation": draft.conversation_id,
                    "seq": draft.refers_to,
                    "user": draft.sender_id,
                    "body": draft.body.decode(),
                },
            )
        elif one.card.kind == Kind.SUPPORT:
            yield WAITS, {"conversation": draft.conversation_id, "user": draft.sender_id}


def duplicate_of(row: tuple[Any, ...]) -> Stored:
    _, _, conversation_id, seq, at, fingerprint = row
    return Stored(conversation_id, seq, at, is_duplicate=True, members=(), fingerprint=fingerprint)


def encoded(conversation_id: uuid.UUID, row: tuple[Any, ...]) -> bytes:
    """Return a message as sockets get it, as it is now."""
    seq, message_id, sender_id, kind, body, reply_to, at, refers_to, edited_at, is_deleted, reactions = row
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
            refers_to=refers_to,
            edited_at=edited_at,
            deleted=is_deleted,
            reactions=None if reactions is None else msgspec.Raw(reactions.encode()),
        )
    )
