"""Identifiers."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """Return a UUIDv7 (RFC 9562): random, and sorted by the millisecond of its making."""
    return uuid_utils.compat.uuid7()
