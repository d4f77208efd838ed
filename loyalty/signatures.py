"""Signatures over the raw body, in the three forms that shops send.

- `standard`: Standard Webhooks (https://www.standardwebhooks.com): `webhook-id`, `webhook-timestamp`,
  `webhook-signature: v1,<base64> …`, HMAC-SHA256 over `id.timestamp.body`; the key is the base64 after `whsec_`.
- `timestamped`: `X-Signature: t=<unix seconds>,v1=<hex>`, over `t.body`; the key is the text as it stands.
- `plain`: `X-Signature: <hex>` (or `sha256=<hex>`), over the body; no time, so the order's id catches a replay.

The `standardwebhooks` package is not called here: it reads the clock by itself, refuses bodies that aren't UTF-8 and
raises errors of four kinds on malformed headers. It is the client in the tests.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

TOLERANCE_SECONDS = 300
MOST_SIGNATURES = 10
WEBHOOK_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,255}")
UNIX_SECONDS = re.compile(r"[0-9]{1,11}")
HEX_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class WrongSignature(ValueError):
    """The headers claim a signature that is malformed, out of time or not by any of the keys."""


@dataclass(frozen=True)
class Claimed:
    """What the headers say: which bytes are signed, and the signatures of which one must be right."""

    scheme: str
    signed: bytes
    signatures: tuple[bytes, ...]


def checked_scheme(*, headers: Mapping[str, str], body: bytes, keys: Sequence[str], now_seconds: float) -> str:
    """Return the scheme whose signature is right, or '' when the headers claim none.

    Raises:
        WrongSignature
    """
    claimed = _claimed(headers, body, now_seconds)
    if claimed is None:
        return ""
    for key in keys:
        secret = key_bytes(key, scheme=claimed.scheme)
        right = hmac.new(secret, claimed.signed, hashlib.sha256).digest()
        for given in claimed.signatures:
            if hmac.compare_digest(right, given):
                return claimed.scheme
    raise WrongSignature("no key of the project has made it")


def key_bytes(key: str, *, scheme: str) -> bytes:
    """Return the bytes that a key stands for in a scheme."""
    if scheme == "standard" and key.startswith("whsec_"):
        return base64.b64decode(key.removeprefix("whsec_") + "==")
    return key.encode()


def _claimed(headers: Mapping[str, str], body: bytes, now_seconds: float) -> Claimed | None:
    if "webhook-signature" in headers:
        return _standard(headers, body, now_seconds)
    if "x-signature" in headers:
        return _x_signature(headers["x-signature"].strip(), body, now_seconds)
    return None


def _standard(headers: Mapping[str, str], body: bytes, now_seconds: float) -> Claimed:
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not WEBHOOK_ID.fullmatch(message_id):
        raise WrongSignature("webhook-id is missing or malformed")
    _check_time(timestamp, now_seconds)
    signatures = tuple(_base64_signatures(headers["webhook-signature"]))
    if not signatures:
        raise WrongSignature("webhook-signature holds no v1 signature")
    return Claimed("standard", f"{message_id}.{timestamp}.".encode() + body, signatures)


def _base64_signatures(header: str) -> Iterator[bytes]:
    for word in header.split(" ")[:MOST_SIGNATURES]:
        version, _, encoded = word.partition(",")
        if version != "v1" or not encoded.isascii():
            continue
        try:
            yield base64.b64decode(encoded, validate=True)
        except binascii.Error:
            continue


def _x_signature(header: str, body: bytes, now_seconds: float) -> Claimed:
    plain = header.removeprefix("sha256=")
    if HEX_SHA256.fullmatch(plain):
        return Claimed("plain", body, (bytes.fromhex(plain),))
    parts = [part.strip().partition("=") for part in header.split(",")[: MOST_SIGNATURES + 1]]
    times = [value for name, _, value in parts if name == "t"]
    signatures = tuple(bytes.fromhex(value) for name, _, value in parts if name == "v1" and HEX_SHA256.fullmatch(value))
    if len(times) != 1 or not signatures:
        raise WrongSignature("X-Signature is neither <hex> nor t=<unix>,v1=<hex>")
    _check_time(times[0], now_seconds)
    return Claimed("timestamped", times[0].encode() + b"." + body, signatures)


def _check_time(timestamp: str, now_seconds: float) -> None:
    if not UNIX_SECONDS.fullmatch(timestamp):
        raise WrongSignature("the time of the signature is missing or malformed")
    if abs(now_seconds - int(timestamp)) > TOLERANCE_SECONDS:
        raise WrongSignature("the signature is too old or from the future")
