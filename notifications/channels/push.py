"""Web Push: encrypted for the browser (RFC 8291), signed by our VAPID key (RFC 8292)."""

from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import requests
from django.conf import settings
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush

from common.transactions import use_case
from notifications.channels.ports import Outgoing, PermanentRefusal, Receipt, TemporaryRefusal
from notifications.models import ContactPoint
from notifications.push_endpoints import is_allowed, resolved
from notifications.services.make_vapid_key import make_vapid_key

TIMEOUT_SECONDS = 10
KEPT_BY_PUSH_SERVICE_SECONDS = 24 * 3600
LONGEST_TEXT = 900


class PushChannel:
    """Sends to every browser in which the person has allowed it; each browser gets a message once."""

    def __init__(self) -> None:
        self._session = requests.Session()
        # A push service that redirects would lead this server to an address that nobody has checked.
        self._session.max_redirects = 0
        self._key: Vapid02 | None = None

    def deliver(self, outgoing: Outgoing) -> Receipt:
        reached: list[str] = []
        gone: dict[UUID, str] = {}
        for_later: TemporaryRefusal | None = None
        refused = ""
        message_id = ""
        for contact in outgoing.contact_points:
            try:
                message_id = self._send(contact, outgoing) or message_id
                reached.append(str(contact.id))
            except _Gone as error:
                gone[contact.id] = str(error)
            except TemporaryRefusal as error:
                for_later = error
            except PermanentRefusal as error:
                refused = str(error)
        receipt = Receipt(provider_message_id=message_id, reached=reached, gone=gone)
        if for_later is not None:
            raise TemporaryRefusal(str(for_later), retry_after_seconds=for_later.retry_after_seconds, receipt=receipt)
        if not reached:
            raise PermanentRefusal(refused or next(iter(gone.values()), "no subscription"), receipt=receipt)
        return receipt

    def close(self) -> None:
        self._session.close()

    def _send(self, contact: ContactPoint, outgoing: Outgoing) -> str:
        endpoint = resolved(contact.address)
        if not is_allowed(contact.address):
            raise _Gone("not a push service")
        try:
            answer = webpush(
                {"endpoint": endpoint, "keys": contact.keys},
                data=_payload(outgoing),
                vapid_private_key=self._vapid(),
                vapid_claims=_claims(endpoint),
                timeout=TIMEOUT_SECONDS,
                ttl=KEPT_BY_PUSH_SERVICE_SECONDS,
                requests_session=self._session,
            )
        except WebPushException as error:
            raise _meaning(error.response, str(error)) from error
        except requests.RequestException as error:
            raise TemporaryRefusal(type(error).__name__) from error
        except ValueError as error:
            # Keys that aren't points of the curve: no message can be encrypted for them.
            raise _Gone(f"unusable keys: {error}") from error
        return str(getattr(answer, "headers", {}).get("Location", ""))[:250]

    def _vapid(self) -> Vapid02:
        if self._key is None:
            with use_case():
                self._key = Vapid02.from_pem(make_vapid_key().private_pem.encode())
        return self._key


class _Gone(PermanentRefusal):
    """This subscription is dead."""


def _meaning(answer: Any, words: str) -> Exception:
    """Turn a push service's answer into what it means for the job (RFC 8030, section 5 and 7.3)."""
    if answer is None:
        return TemporaryRefusal(words[:500])
    status = answer.status_code
    reason = f"push service: {status}"
    if status in (404, 410):
        return _Gone(reason)
    if status in (408, 429) or status >= 500:
        wait = answer.headers.get("Retry-After", "")
        return TemporaryRefusal(reason, retry_after_seconds=int(wait) if wait.isdecimal() else None)
    return PermanentRefusal(reason)


def _payload(outgoing: Outgoing) -> str:
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
    ).decode()


def _claims(endpoint: str) -> dict[str, str | int]:
    parts = urlsplit(endpoint)
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return {"sub": f"mailto:{sender}", "aud": f"{parts.scheme}://{parts.netloc}"}
