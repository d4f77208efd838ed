"""The envelope of an external event, read strictly: every violation is named at once."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext

from common.problems import FieldProblem, InvalidInput
from notifications.event_types.registry import EVENT_TYPES, EventType, Payload, filled
from notifications.violations import violations_of

LARGEST_BYTES = 64 * 1024
# Clocks of other services differ; nothing that lies further ahead has happened.
MOST_AHEAD = timedelta(days=1)


class Envelope(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Five required fields around a payload whose form is decided by the event type."""

    event_id: UUID
    event_type: Annotated[str, filled(100)]
    source: Annotated[str, filled(100)]
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    payload: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ExternalEvent:
    """A valid event; `raw_payload` is the payload as it was sent, `payload` the same by its schema."""

    event_id: UUID
    event_type: EventType
    source: str
    occurred_at: datetime
    raw_payload: dict[str, Any]
    payload: Payload
    body_hash: bytes


class MemberRepeated(Exception):
    """Readers differ on which of two members of one name counts (RFC 8259, section 4)."""


def decode(body: bytes) -> Any:
    """Parse JSON of at most 64 KiB.

    Raises:
        InvalidInput: it is larger, or not JSON.
    """
    if len(body) > LARGEST_BYTES:
        raise InvalidInput(
            errors=(FieldProblem("", "too_large", gettext("An event takes at most 64 KiB.")),),
        )
    return decode_json(body)


def decode_json(body: bytes) -> Any:
    """Parse JSON.

    Raises:
        InvalidInput: it isn't JSON.
    """
    try:
        document = msgspec.json.decode(body)
        json.loads(body, object_pairs_hook=_told_once)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        # Not UTF-8, a number of thousands of digits, or nested too deeply to be any event.
        detail = gettext("The body is not well-formed JSON.")
        raise InvalidInput(errors=(FieldProblem("", "malformed", detail),)) from error
    except MemberRepeated as error:
        detail = gettext("The member %s stands twice in one object.") % error
        raise InvalidInput(errors=(FieldProblem("", "repeated_member", detail),)) from error
    return document


def read_event(document: Any, *, now: datetime) -> ExternalEvent:
    """Check the envelope and the payload by the schema of its type, and that it has happened.

    Raises:
        InvalidInput: `errors` names each violation; `known_event_types` is told when the type isn't known.
    """
    problems = [*violations_of(document, Envelope), *_ahead_of(document, now)]
    event_type = _type_of(document)
    if isinstance(document, dict):
        if event_type is not None and isinstance(document.get("payload"), dict):
            problems += violations_of(document["payload"], event_type.payload, "/payload")
        if event_type is None and not any(one.pointer == "/event_type" for one in problems):
            detail = gettext("Known event types: %s.") % ", ".join(sorted(EVENT_TYPES))
            problems.append(FieldProblem("/event_type", "unknown_event_type", detail))
    if event_type is None and any(one.code == "unknown_event_type" for one in problems):
        raise InvalidInput(errors=tuple(problems), known_event_types=sorted(EVENT_TYPES))
    if problems or event_type is None:
        raise InvalidInput(errors=tuple(problems))
    envelope = msgspec.convert(document, Envelope)
    return ExternalEvent(
        event_id=envelope.event_id,
        event_type=event_type,
        source=envelope.source,
        occurred_at=envelope.occurred_at,
        raw_payload=envelope.payload,
        payload=msgspec.convert(envelope.payload, event_type.payload),
        # However its id is written, it is the same event.
        body_hash=hash_of(document | {"event_id": str(envelope.event_id)}),
    )


def hash_of(document: Any) -> bytes:
    """Return the SHA-256 of the document in canonical form: neither spaces nor the order of members count."""
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).digest()


def _told_once(members: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in members]
    if len(set(names)) < len(names):
        raise MemberRepeated(next(name for name in names if names.count(name) > 1)[:100])


def _ahead_of(document: Any, now: datetime) -> Iterator[FieldProblem]:
    try:
        occurred_at = msgspec.convert(document["occurred_at"], datetime)
        is_ahead = occurred_at - now > MOST_AHEAD
    except (TypeError, KeyError, msgspec.ValidationError):
        # It is no time, or one without a zone: the schema says so.
        return
    if is_ahead:
        detail = gettext("This lies more than a day ahead: the event can't have occurred.")
        yield FieldProblem("/occurred_at", "invalid_value", detail)


def _type_of(document: Any) -> EventType | None:
    name = document.get("event_type") if isinstance(document, dict) else None
    return EVENT_TYPES.get(name) if isinstance(name, str) else None
