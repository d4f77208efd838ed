"""What the outbox holds."""

import json
from typing import Any

from bus.models import OutboxRow


def stated(wire_type: str) -> list[dict[str, Any]]:
    """Return the payloads of all facts of a type, in their order."""
    rows = OutboxRow.objects.filter(wire_type=wire_type).order_by("id")
    return [json.loads(row.payload) for row in rows]
