"""What a seal's digest is made of: the same bytes when sealing and when verifying."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from audit.models import AuditEntry

# What the first seal follows.
GENESIS = "0" * 64


def digest_of(
    *, previous_digest: str, number: int, from_transaction: int, to_transaction: int, entries: Iterable[AuditEntry]
) -> tuple[str, int]:
    """Return the SHA-256 in hex, and how many entries it covers.

    Over lines of canonical JSON (sorted keys, no spaces, UTF-8): the previous digest with the window, then each entry.
    """
    sha256 = hashlib.sha256(_canonical([previous_digest, number, from_transaction, to_transaction]))
    count = 0
    for entry in entries:
        sha256.update(_canonical(_covered(entry)))
        count += 1
    return sha256.hexdigest(), count


def _covered(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "transaction_id": entry.transaction_id,
        "actor_id": str(entry.actor_id) if entry.actor_id else None,
        "action": entry.action,
        "target_type": entry.target_type,
        "target_id": entry.target_id,
        "changes": entry.changes,
        "reason": entry.reason,
        "request_id": entry.request_id,
        "at": _utc(entry.at),
    }


def _canonical(value: Any) -> bytes:
    line = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return line.encode() + b"\n"


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")
