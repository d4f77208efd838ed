"""The routes of all message types as a document, written from the registry."""

from messaging.domain.catalogue import REGISTRY
from messaging.domain.registry import MessageType, OnOverflow

HEAD = """# The pipeline of messages

Written from the registry (`messaging/domain/catalogue.py`) by `manage.py write_docs`. A type is a list of stages; the
resolver finds each by `type.stage`, else by `stage`; a bounded buffer lies before each, and stages work on batches.

| type | from | stages | full buffer | room | credits | shed under pressure |
|---|---|---|---|---|---|---|
"""
PHASES = """
## The second phase of a file

`upload` ends with the answer `slot`. What follows begins at the storage's webhook (or the folder's own upload door), in the
web process: the token, the size, the hash and the first bytes are held against what was announced; a message of kind `file`
is stored with the same statements as any other; the nodes find it in the outbox and give it to all members.
"""


def render() -> str:
    """Return the document."""
    types = list(REGISTRY)
    rows = "".join(row_of(one) for one in types)
    drawing = "\n".join(["```mermaid", "flowchart LR", *(line for one in types for line in route_of(one)), "```"])
    return f"{HEAD}{rows}\n{drawing}\n{PHASES}"


def row_of(one: MessageType) -> str:
    source = "server" if one.schema is None else "client"
    full = "refused before anything is promised" if one.policy.on_overflow is OnOverflow.REFUSE else "left out, counted"
    stages = ", ".join(one.stages)
    shed = "yes" if one.policy.is_shed else "no"
    return f"| `{one.name}` | {source} | {stages} | {full} | {one.policy.buffer} | {one.cost} | {shed} |\n"


def route_of(one: MessageType) -> list[str]:
    """Return a type's subgraph: its stages in their order."""
    places = [f"{one.name}_{number}[{stage}]" for number, stage in enumerate(one.stages)]
    return [f"  subgraph {one.name}", "    direction LR", f"    {' --> '.join(places)}", "  end"]
