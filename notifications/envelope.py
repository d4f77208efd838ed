"""The envelope of an external event, read strictly: every violation is named at once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext

from common.problems import FieldProblem, InvalidInput
from notifications.event_types.registry import EVENT_TYPES, EventType, Payload
from notifications.violations import violations_of

LARGEST_BYTES = 64 * 1024


class Envelope(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Five required fields around a payload whose form is decided by the event type."""

    event_id: UUID
    event_type: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
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
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # A RecursionError is a document nested too deeply to be any event.
        detail = gettext("The body is not well-formed JSON.")
        raise InvalidInput(errors=(FieldProblem("", "malformed", detail),)) from error


def read_event(document: Any) -> ExternalEvent:
    """Check the envelope and the payload by the schema of its type.

    Raises:
        InvalidInput: `errors` names each violation; `known_event_types` is told when the type isn't known.
    """
    problems = list(violations_of(document, Envelope))
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
        body_hash=hash_of(document),
    )


def hash_of(document: Any) -> bytes:
    """Return the SHA-256 of the document in canonical form: neither spaces nor the order of members count."""
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).digest()


def _type_of(document: Any) -> EventType | None:
    name = document.get("event_type") if isinstance(document, dict) else None
    return EVENT_TYPES.get(name) if isinstance(name, str) else None
