"""A push service for development: takes what the push channel sends, reads it as a browser would, and keeps it in a file.

It isn't served in production. Its browsers are made by the demo: each has a key pair of its own, so that what is read here
has truly been encrypted for it.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings

from common.problems import NotFound


class UnreadablePush(Exception):
    """What came was not encrypted for this browser."""


def make_browser(name: str) -> dict[str, str]:
    """Make the keys of a browser, unless it has some; return those that a subscription shows."""
    file = _folder() / f"{name}.keys.json"
    if not file.exists():
        private = ec.generate_private_key(ec.SECP256R1())
        keys = {
            "private": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "p256dh": _base64(private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)),
            "auth": _base64(os.urandom(16)),
        }
        file.write_text(json.dumps(keys))
    stored = json.loads(file.read_text())
    return {"p256dh": stored["p256dh"], "auth": stored["auth"]}


def receive(name: str, *, body: bytes, headers: dict[str, str]) -> None:
    """Decrypt and keep a push.

    Raises:
        NotFound: there is no such browser.
        UnreadablePush
    """
    keys = _keys_of(name)
    private: Any = load_pem_private_key(keys["private"].encode(), password=None)
    try:
        plain = http_ece.decrypt(body, private_key=private, auth_secret=_bytes(keys["auth"]), version="aes128gcm")
    except (http_ece.ECEException, ValueError) as error:
        raise UnreadablePush(str(error)) from error
    kept = {"message": json.loads(plain), "headers": headers}
    with (_folder() / f"{name}.jsonl").open("a") as file:
        file.write(json.dumps(kept, ensure_ascii=False) + "\n")


def received(name: str) -> list[dict[str, Any]]:
    """Return what a browser has got, the oldest first.

    Raises:
        NotFound: there is no such browser.
    """
    _keys_of(name)
    file = _folder() / f"{name}.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def _keys_of(name: str) -> dict[str, str]:
    file = _folder() / f"{name}.keys.json"
    if not name.replace("-", "").isalnum() or not file.exists():
        raise NotFound()
    keys: dict[str, str] = json.loads(file.read_text())
    return keys


def _folder() -> Path:
    folder = Path(settings.STORAGE_FOLDER) / "push-sink"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
