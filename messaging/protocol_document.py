"""The schemas of all objects of the chat's protocol, written from the code."""

import json
from typing import Any

import msgspec

from messaging.domain import messages
from messaging.domain.catalogue import REGISTRY
from messaging.domain.limits import SUBPROTOCOL

FROM_CLIENT = (
    messages.Hello,
    messages.Pong,
    messages.Subscribe,
    messages.Unsubscribe,
    *(one.schema for one in REGISTRY if one.schema is not None),
)
FROM_SERVER = (
    messages.Welcome,
    messages.Heads,
    messages.Ack,
    messages.SignalAck,
    messages.Nack,
    messages.ChatMessage,
    messages.Receipt,
    messages.ReceiptCounts,
    messages.Page,
    messages.SlotNotice,
    messages.SignalNotice,
    messages.TypingNotice,
    messages.PresenceNotice,
    messages.Credits,
    messages.System,
    messages.Topic,
    messages.Ping,
    messages.Bye,
)
# What a bare `msgspec.Raw` holds: `messages` of a page are encoded already.
WHOLE = {"Page": {"messages": {"type": "array", "items": {"$ref": "#/$defs/ChatMessage"}}}}


def render() -> str:
    """Return the schemas as a JSON document: an object of a frame is one of `FromClient` or of `FromServer`."""
    return json.dumps(schemas(), indent=2, ensure_ascii=False) + "\n"


def schemas() -> dict[str, Any]:
    """Return the document's content."""
    both = (*FROM_CLIENT, *FROM_SERVER)
    references, components = msgspec.json.schema_components(both, ref_template="#/$defs/{name}")
    for name, properties in WHOLE.items():
        components[name]["properties"] |= properties
    sides = {"FromClient": references[: len(FROM_CLIENT)], "FromServer": references[len(FROM_CLIENT) :]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SUBPROTOCOL,
        "description": "A frame is 1 to 64 of these objects, one per line.",
        "anyOf": [{"$ref": f"#/$defs/{side}"} for side in sides],
        "$defs": {side: {"anyOf": list(refs)} for side, refs in sides.items()} | dict(sorted(components.items())),
    }
