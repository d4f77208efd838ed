"""Pushes to apps: Firebase Cloud Messaging, HTTP v1 (https://firebase.google.com/docs/reference/fcm/rest/v1).

The service account signs in with a JWT of its own making (RFC 7523) and gets a token for an hour.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

import httpx
import jwt
import msgspec
from django.conf import settings

from notifications.channels.http import Answer, Caller, exchange
from notifications.channels.ports import Outgoing, PermanentRefusal, ProviderDown, TemporaryRefusal

# An app's contact point is this and its registration token; a browser's is the address of its push service.
PREFIX = "fcm:"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEPT_BY_FCM_SECONDS = 24 * 3600
ASSERTION_SECONDS = 3600
# A token is renewed so long before its end, so that it doesn't end on the way.
EARLY_SECONDS = 60
LONGEST_TEXT = 900
# The app is gone, or the token was never one of this project (https://firebase.google.com/docs/cloud-messaging/error-codes).
GONE = {"UNREGISTERED", "SENDER_ID_MISMATCH"}


class AppGone(PermanentRefusal):
    """The app was removed, or this token isn't one of its own."""


def is_app(address: str) -> bool:
    return address.startswith(PREFIX)


def is_configured() -> bool:
    return bool(settings.FCM_SERVICE_ACCOUNT_FILE)


class ServiceAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What Firebase's console gives as a file; it has more members."""

    project_id: str
    client_email: str
    private_key: str
    token_uri: str


@dataclass
class SignIns:
    """Access tokens by account, shared by the batches of a process; `now` is in seconds since the epoch."""

    now: Callable[[], float]
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def token_of(self, account: ServiceAccount, client: Caller) -> str:
        """Return a token that holds.

        Raises:
            TemporaryRefusal: there is none to be had now.
        """
        with self._lock:
            token, ends_at = self._tokens.get(account.client_email, ("", 0.0))
            if self.now() >= ends_at - EARLY_SECONDS:
                token, ends_at = self._sign_in(account, client)
                self._tokens[account.client_email] = token, ends_at
            return token

    def forget(self, account: ServiceAccount) -> None:
        """Sign in anew the next time."""
        with self._lock:
            self._tokens.pop(account.client_email, None)

    def _sign_in(self, account: ServiceAccount, client: Caller) -> tuple[str, float]:
        now = int(self.now())
        claims = {
            "iss": account.client_email,
            "scope": SCOPE,
            "aud": account.token_uri,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        assertion = jwt.encode(claims, account.private_key, algorithm="RS256")
        form = {"grant_type": GRANT, "assertion": assertion}
        answer = exchange(client, client.build_request("POST", account.token_uri, data=form))
        said = _said(answer)
        token, lives = said.get("access_token"), said.get("expires_in")
        if answer.status != 200 or not isinstance(token, str) or not isinstance(lives, int):
            raise TemporaryRefusal(f"FCM sign-in: {answer.status} {str(said.get('error', ''))[:100]}")
        return token, now + lives


_sign_ins = SignIns(time.time)


class AppPushes:
    """Sends to apps by their tokens; the connection is the caller's."""

    def __init__(self, client: Caller, sign_ins: SignIns = _sign_ins) -> None:
        self._client = client
        self._sign_ins = sign_ins
        self._account: ServiceAccount | None = None

    def send(self, address: str, outgoing: Outgoing) -> str:
        """Return the message's name at FCM.

        Raises:
            AppGone, TemporaryRefusal, PermanentRefusal
        """
        if not is_configured():
            raise PermanentRefusal("FCM is not configured")
        account = self._read_account()
        try:
            token = self._sign_ins.token_of(account, self._client)
            answer = exchange(self._client, self._request(account, token, address.removeprefix(PREFIX), outgoing))
        except ProviderDown as trouble:
            raise TemporaryRefusal(str(trouble)) from trouble
        if answer.status == 200:
            return str(_said(answer).get("name", ""))[:250]
        if answer.status == 401:
            self._sign_ins.forget(account)
        raise _meaning(answer)

    def _read_account(self) -> ServiceAccount:
        if self._account is None:
            self._account = msgspec.json.decode(
                Path(settings.FCM_SERVICE_ACCOUNT_FILE).read_bytes(), type=ServiceAccount
            )
        return self._account

    def _request(self, account: ServiceAccount, token: str, device: str, outgoing: Outgoing) -> httpx.Request:
        url = f"{settings.FCM_API_URL}/v1/projects/{quote(account.project_id, safe='')}/messages:send"
        body = json.dumps({"message": _message(device, outgoing)})
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        return self._client.build_request("POST", url, content=body, headers=headers)


def _message(device: str, outgoing: Outgoing) -> dict[str, Any]:
    """Return the message; `tag` and the collapse ids let a repetition replace the first."""
    message, job = outgoing.message, str(outgoing.job_id)
    return {
        "token": device,
        "notification": {"title": message.subject, "body": message.text[:LONGEST_TEXT]},
        "data": {"job_id": job, "link": message.link, "locale": message.locale},
        "android": {"ttl": f"{KEPT_BY_FCM_SECONDS}s", "notification": {"tag": job}},
        "apns": {"headers": {"apns-collapse-id": job}},
    }


def _meaning(answer: Answer) -> Exception:
    code, status = _error_code(answer)
    reason = f"FCM: {answer.status} {code or status}".strip()
    if code in GONE or answer.status == 404:
        return AppGone(reason)
    if answer.status in (401, 429) or answer.status >= 500:
        return TemporaryRefusal(reason, retry_after_seconds=answer.retry_after_seconds)
    return PermanentRefusal(reason)


def _error_code(answer: Answer) -> tuple[str, str]:
    """Return FCM's own code and the status of Google's APIs; '' for what isn't told."""
    error = _said(answer).get("error")
    if not isinstance(error, dict):
        return "", ""
    details = error.get("details")
    codes = [one.get("errorCode") for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    return next((str(code) for code in codes if code), ""), str(error.get("status", ""))[:60]


def _said(answer: Answer) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
