"""Push: to browsers encrypted (RFC 8291) and signed by our VAPID key (RFC 8292), to apps through FCM.

Each browser maker has a push service of its own: one that has had enough is left alone by all workers until the moment it
named, and the others go on.
"""

import time
from email.utils import parseaddr
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from django.conf import settings
from py_vapid import Vapid02

from common.transactions import use_case
from notifications.channels.fcm import AppGone, AppPushes, is_app
from notifications.channels.http import Answer, exchange, make_client
from notifications.channels.ports import (
    Limit,
    NotYet,
    Outgoing,
    PermanentRefusal,
    ProviderDown,
    Receipt,
    TemporaryRefusal,
)
from notifications.limits.buckets import Buckets
from notifications.models import ContactPoint
from notifications.push_endpoints import is_allowed, resolved
from notifications.services.make_vapid_key import make_vapid_key

KEPT_BY_PUSH_SERVICE_SECONDS = 24 * 3600
LONGEST_TEXT = 900
# Far above what one process sends: the bucket of a push service is there to be closed.
PER_SECOND_AND_SERVICE, PATIENCE_SECONDS = 1000.0, 0.25

_buckets = Buckets(time.time)


class PushProvider:
    """Sends to every browser and app in which the person has allowed it; each of them gets a message once."""

    name = "push"

    def __init__(self) -> None:
        self._client = make_client()
        self._apps = AppPushes(self._client)
        self._key: Vapid02 | None = None

    def limits(self, outgoing: Outgoing) -> list[Limit]:
        rate = settings.PUSH_PER_SECOND
        return [Limit(name=self.name, per_second=rate)] if rate else []

    def deliver(self, outgoing: Outgoing) -> Receipt:
        reached: list[str] = []
        gone: dict[UUID, str] = {}
        for_later: TemporaryRefusal | None = None
        not_yet: NotYet | None = None
        refused = ""
        message_id = ""
        for contact in outgoing.contact_points:
            try:
                message_id = self._ask(contact, outgoing) or message_id
                reached.append(str(contact.id))
            except (_Gone, AppGone) as error:
                gone[contact.id] = str(error)
            except NotYet as wait:
                not_yet = wait
            except TemporaryRefusal as error:
                for_later = error
            except PermanentRefusal as error:
                refused = str(error)
        receipt = Receipt(provider_message_id=message_id, reached=reached, gone=gone)
        if not_yet is not None and for_later is None:
            if not reached and not gone:
                raise not_yet
            for_later = TemporaryRefusal(not_yet.reason, retry_after_seconds=not_yet.seconds)
        if for_later is not None:
            raise TemporaryRefusal(str(for_later), retry_after_seconds=for_later.retry_after_seconds, receipt=receipt)
        if not reached:
            raise PermanentRefusal(refused or next(iter(gone.values()), "no subscription"), receipt=receipt)
        return receipt

    def close(self) -> None:
        self._client.close()

    def _ask(self, contact: ContactPoint, outgoing: Outgoing) -> str:
        """Send, unless the push service has said when to come back; remember when it says so now."""
        bucket = f"push:{_service_of(contact.address)}"
        turn = _buckets.take(bucket, per_second=PER_SECOND_AND_SERVICE, patience_seconds=PATIENCE_SECONDS)
        if not turn.is_given:
            raise NotYet("too_many", seconds=turn.wait_seconds)
        try:
            return self._send(contact, outgoing)
        except TemporaryRefusal as refusal:
            if refusal.retry_after_seconds:
                _buckets.close_for(bucket, seconds=refusal.retry_after_seconds)
            raise

    def _send(self, contact: ContactPoint, outgoing: Outgoing) -> str:
        if is_app(contact.address):
            return self._apps.send(contact.address, outgoing)
        # It brings an HTTP client of its own, which every process would load and none uses.
        from pywebpush import WebPusher, WebPushException

        endpoint = resolved(contact.address)
        if not is_allowed(contact.address):
            raise _Gone("not a push service")
        try:
            encrypted = WebPusher({"endpoint": endpoint, "keys": contact.keys}).encode(_payload(outgoing))
            signed = self._vapid().sign(_claims(endpoint))
        except (WebPushException, ValueError) as error:
            # Keys that aren't points of the curve: no message can be encrypted for them.
            raise _Gone(f"unusable keys: {error}") from error
        headers = {**signed, "content-encoding": "aes128gcm", "ttl": str(KEPT_BY_PUSH_SERVICE_SECONDS)}
        request = self._client.build_request("POST", endpoint, content=encrypted["body"], headers=headers)
        try:
            answer = exchange(self._client, request)
        except ProviderDown as trouble:
            raise TemporaryRefusal(str(trouble)) from trouble
        if not 200 <= answer.status < 300:
            raise _meaning(answer)
        return answer.headers.get("location", "")[:250]

    def _vapid(self) -> Vapid02:
        if self._key is None:
            with use_case():
                self._key = Vapid02.from_pem(make_vapid_key().private_pem.encode())
        return self._key


def _service_of(address: str) -> str:
    return urlsplit(settings.FCM_API_URL if is_app(address) else resolved(address)).netloc


class _Gone(PermanentRefusal):
    """This subscription is dead."""


def _meaning(answer: Answer) -> Exception:
    """Turn a push service's answer into what it means for the job (RFC 8030, section 5 and 7.3)."""
    reason = f"push service: {answer.status}"
    if answer.status in (404, 410):
        return _Gone(reason)
    if answer.status in (408, 429) or answer.status >= 500:
        return TemporaryRefusal(reason, retry_after_seconds=answer.retry_after_seconds)
    return PermanentRefusal(reason)


def _payload(outgoing: Outgoing) -> bytes:
    """Return what the service worker shows; `tag` lets a repetition replace the first."""
    message = outgoing.message
    return msgspec.json.encode(
        {
            "tag": str(outgoing.job_id),
            "title": message.subject,
            "body": message.text[:LONGEST_TEXT],
            "link": message.link,
            "locale": message.locale,
        }
    )


def _claims(endpoint: str) -> dict[str, str | int]:
    parts = urlsplit(endpoint)
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return {"sub": f"mailto:{sender}", "aud": f"{parts.scheme}://{parts.netloc}"}
