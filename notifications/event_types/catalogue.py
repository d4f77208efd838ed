"""The event types as others read them: schemas, samples, documents."""

import json
from typing import Any

import msgspec

from notifications.envelope import Envelope
from notifications.event_types.registry import EVENT_TYPES, EventType

HEAD = """# External events

What other services tell the notifications: `POST /api/v1/notifications/events/` (one), `…/events/batch/` (up to 500), or
the Kafka topic `external-events`. The envelope and every payload are closed: a field that isn't listed is refused, and
all violations are named at once, each by its JSON Pointer. Written by `manage.py write_docs` from
`notifications/event_types/`, where a new type is one new module; the same as JSON Schema:
[notification-events.json](notification-events.json).

The first time an event is answered with 202 and its plan; the same event again with 200 and the same answer; another body
under the same `source` and `event_id` with 409. Over Kafka these two, and no header, tell a repetition; an event of a source
that no service was granted goes to `external-events.dlq` like one that can't be read. An event whose template or segment
isn't defined yet is accepted as `blocked` and goes on when it is. What is dated more than a day ahead hasn't occurred and is
refused like what is malformed.

## Access

A service shows `Authorization: Bearer <token>`. An administrator makes its token in the back office (Notifications →
Services' tokens), or a script with `manage.py issue_service_token NAME --source SOURCE`, see
[operations.md](operations.md#tokens-of-other-services). Nobody can ask the API for one.

| scope | opens |
|---|---|
| `notifications:events` | `POST …/events/` and `…/events/batch/`, and what came of them: `GET …/events/{event_id}/`, `…/jobs/` |
| `notifications:recipients` | `PUT …/recipients/{user_id}/` |

The sources belong to the service, not to one of its tokens. An event of another source is refused with 403
`source_not_allowed`, a request outside the token's scopes with 403 `scope_missing`.
"""


def catalogue() -> list[dict[str, Any]]:
    """Return what `event-types/` answers."""
    return [_entry(EVENT_TYPES[name]) for name in sorted(EVENT_TYPES)]


def render_schemas() -> str:
    """Return the JSON Schema of whole events, one branch per type."""
    types = [EVENT_TYPES[name] for name in sorted(EVENT_TYPES)]
    _, components = msgspec.json.schema_components(
        [Envelope, *(one.payload for one in types)], ref_template="#/$defs/{name}"
    )
    branches = [
        {
            "if": {"properties": {"event_type": {"const": one.name}}},
            "then": {"properties": {"payload": {"$ref": f"#/$defs/{one.payload.__name__}"}}},
        }
        for one in types
    ]
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "External event",
        "$ref": "#/$defs/Envelope",
        "properties": {"event_type": {"enum": [one.name for one in types]}},
        "allOf": branches,
        "$defs": {name: components[name] for name in sorted(components)},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def render_document() -> str:
    """Return docs/notification-events.md."""
    envelope = _table(Envelope)
    sections = "".join(_section(EVENT_TYPES[name]) for name in sorted(EVENT_TYPES))
    return f"{HEAD}\n## Envelope\n\n{envelope}{sections}"


def _entry(event_type: EventType) -> dict[str, Any]:
    return {
        "name": event_type.name,
        "summary": event_type.summary,
        "payload_schema": msgspec.json.schema(event_type.payload),
        "sample": event_type.sample,
    }


def _section(event_type: EventType) -> str:
    sample = json.dumps(event_type.sample, indent=2, ensure_ascii=False)
    return f"\n## `{event_type.name}`\n\n{event_type.summary}\n\n{_table(event_type.payload)}\n```json\n{sample}\n```\n"


def _table(struct: type[msgspec.Struct]) -> str:
    rows = "".join(f"| `{name}` | {words} |\n" for name, words in _rows(struct, ""))
    return f"| field | form |\n|---|---|\n{rows}"


def _rows(struct: type[msgspec.Struct], prefix: str) -> list[tuple[str, str]]:
    _, components = msgspec.json.schema_components([struct], ref_template="{name}")
    return list(_fields(components, struct.__name__, prefix))


def _fields(components: dict[str, Any], name: str, prefix: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for field, schema in components[name]["properties"].items():
        rows.append((f"{prefix}{field}", _words(schema)))
        if schema.get("$ref") in components:
            rows += _fields(components, schema["$ref"], f"{prefix}{field}.")
    return rows


def _words(schema: dict[str, Any]) -> str:
    """Say a JSON Schema in a few words."""
    if "$ref" in schema:
        return "object"
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"array of {'one or more' if schema.get('minItems') else 'any number'}: {_words(schema['items'])}"
    words = str(schema.get("format") or schema.get("type", "anything"))
    if schema.get("minLength"):
        words = f"{words}, not empty"
    limits = {
        "minLength": "from {} characters",
        "maxLength": "up to {} characters",
        "minimum": "≥ {}",
        "maximum": "≤ {}",
    }
    return ", ".join([words, *(text.format(schema[key]) for key, text in limits.items() if key in schema)])
