"""Secrets of a development stack: random, made on the first start, readable by their owner only."""

import base64
import json
import os
import secrets

from stack import paths


def load() -> dict[str, str]:
    """Return the secrets, making those that are missing."""
    file = paths.state_folder() / "secrets.json"
    known: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    made = {
        "secret_key": secrets.token_urlsafe(48),
        # A Fernet key: 32 random bytes in URL-safe base64.
        "field_encryption_key": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "redis_password": secrets.token_urlsafe(24),
        # Marks every process of this stack, see leftovers.py.
        "stack_mark": secrets.token_hex(16),
    }
    if not made.keys() <= known.keys():
        known = made | known
        paths.write_atomically(file, json.dumps(known, indent=2) + "\n")
    return known
