"""docs/asyncapi.json: the facts as AsyncAPI 3, with JSON Schemas of their payloads."""

import json
from typing import Any

import msgspec

from config.documents.domain_events import product_facts


def render() -> str:
    facts = product_facts()
    _, schemas = msgspec.json.schema_components(list(facts.values()), ref_template="#/components/schemas/{name}")
    topics: dict[str, list[str]] = {}
    for wire, fact in facts.items():
        topics.setdefault(fact.topic, []).append(wire)
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": "Aquastream facts", "version": "1.0.0"},
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic: _channel(topic, wires) for topic, wires in sorted(topics.items())},
        "operations": {
            f"state-{topic}": {"action": "send", "channel": {"$ref": f"#/channels/{topic}"}} for topic in sorted(topics)
        },
        "components": {
            "messages": {wire: _message(wire, fact.__name__, fact.__doc__ or "") for wire, fact in facts.items()},
            "schemas": {name: schemas[name] for name in sorted(schemas)},
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _channel(topic: str, wires: list[str]) -> dict[str, Any]:
    return {"address": topic, "messages": {wire: {"$ref": f"#/components/messages/{wire}"} for wire in wires}}


def _message(wire: str, schema: str, doc: str) -> dict[str, Any]:
    return {
        "name": wire,
        "summary": doc.strip().splitlines()[0],
        "headers": {
            "type": "object",
            "properties": {
                "ce_id": {"type": "string", "format": "uuid"},
                "ce_type": {"const": wire},
                "x-request-id": {"type": "string"},
            },
        },
        "payload": {
            "type": "object",
            "description": "CloudEvents 1.0 envelope",
            "required": ["specversion", "id", "source", "type", "time", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {"type": "string", "format": "uuid"},
                "source": {"type": "string"},
                "type": {"const": wire},
                "subject": {"type": "string"},
                "time": {"type": "string", "format": "date-time"},
                "datacontenttype": {"const": "application/json"},
                "data": {"$ref": f"#/components/schemas/{schema}"},
            },
        },
    }
