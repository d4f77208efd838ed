"""Signatures of what is sent to shops: Standard Webhooks, HMAC with each valid key and Ed25519 where there is one."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from loyalty.signatures import key_bytes


def signed_headers(
    *, event_id: uuid.UUID, body: bytes, keys: Sequence[str], private_key: str, now: datetime
) -> dict[str, str]:
    """Return the three headers over `id.timestamp.body`."""
    timestamp = str(int(now.timestamp()))
    content = f"{event_id}.{timestamp}.".encode() + body
    words = []
    for key in keys:
        digest = hmac.new(key_bytes(key, scheme="standard"), content, hashlib.sha256).digest()
        words.append(f"v1,{base64.b64encode(digest).decode()}")
    if private_key:
        words.append(f"v1a,{base64.b64encode(_loaded(private_key).sign(content)).decode()}")
    return {"webhook-id": str(event_id), "webhook-timestamp": timestamp, "webhook-signature": " ".join(words)}


def new_private_key() -> str:
    """Return an Ed25519 key, PEM."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_key_of(private_key: str) -> str:
    """Return what a shop checks `v1a` signatures with: `whpk_` and base64."""
    raw = _loaded(private_key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return "whpk_" + base64.b64encode(raw).decode()


def _loaded(private_key: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(private_key.encode(), password=None)
    assert isinstance(key, Ed25519PrivateKey)  # noqa: S101  (written by new_private_key alone)
    return key
