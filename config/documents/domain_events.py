"""docs/domain-events.md: every fact, its payload, and who reacts to it."""

import dataclasses
from typing import get_type_hints

from bus.facts import STATED, Fact
from bus.subscriptions import HANDLERS
from config.documents.type_names import type_name

HEAD = """# Facts

What happened, stated in the transaction that made it true and delivered at least once to Kafka (CloudEvents 1.0 JSON,
one topic per aggregate, in order per key) and effectively once to the handlers named here. Written by
`manage.py write_docs`; the same for machines: [asyncapi.json](asyncapi.json).
"""


def product_facts() -> dict[str, type[Fact]]:
    """Return the facts that the product states, by wire type (tests state some of their own)."""
    return {wire: fact for wire, fact in sorted(STATED.items()) if not fact.__module__.startswith("tests.")}


def render() -> str:
    return HEAD + "".join(_section(wire, fact) for wire, fact in product_facts().items())


def _section(wire: str, fact: type[Fact]) -> str:
    hints = get_type_hints(fact)
    rows = "".join(
        f"| `{field.name}` | {type_name(hints[field.name])} |\n"
        for field in dataclasses.fields(fact)  # type: ignore[arg-type]
    )
    listening = sorted(handler.name for handler in HANDLERS.values() if handler.wire_type == wire)
    reaction = ", ".join(f"`{one}`" for one in listening) or "nobody yet"
    summary = (fact.__doc__ or "").strip().splitlines()[0]
    return (
        f"\n## `{wire}`\n\n{summary}\n\nTopic `{fact.topic}`, key `{fact.key_field}`. Handled by {reaction}.\n\n"
        f"| field | type |\n|---|---|\n{rows}"
    )
