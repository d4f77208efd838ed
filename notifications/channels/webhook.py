"""Webhook: the message as JSON to a URL that a recipient's service has given, signed as Standard Webhooks 1.0."""

from datetime import UTC, datetime

import httpx
import msgspec
from standardwebhooks import Webhook

from common.outbound_addresses import ForbiddenAddress
from notifications.channels.http import exchange, make_client
from notifications.channels.outbound_addresses import pinned
from notifications.channels.ports import (
    Limit,
    NotYet,
    Outgoing,
    PermanentRefusal,
    ProviderDown,
    Receipt,
    TemporaryRefusal,
)

SILENT_SECONDS = 60.0


class WebhookProvider:
    """Each URL is somebody else's server: one that is down says nothing about the others, so it opens no breaker."""

    name = "webhook"

    def __init__(self) -> None:
        self._client = make_client()
        # Servers that have kept this batch waiting: its other messages to them come back later, without being tried.
        self._silent: set[str] = set()

    def limits(self, outgoing: Outgoing) -> list[Limit]:
        return []

    def deliver(self, outgoing: Outgoing) -> Receipt:
        contact = outgoing.contact_points[0]
        if contact.address in self._silent:
            raise NotYet("receiver_silent", seconds=SILENT_SECONDS)
        body = _body(outgoing)
        sent_at = datetime.now(UTC)
        message_id = f"msg_{outgoing.job_id}"
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": Webhook(contact.secret).sign(message_id, sent_at, body.decode()),
        }
        try:
            request = pinned(httpx.Request("POST", contact.address, content=body, headers=headers))
            answer = exchange(self._client, request)
        except ForbiddenAddress as refused:
            raise PermanentRefusal(str(refused), receipt=Receipt(gone={contact.id: str(refused)})) from refused
        except (ProviderDown, httpx.HTTPError, httpx.InvalidURL) as trouble:
            self._silent.add(contact.address)
            raise TemporaryRefusal(str(trouble)) from trouble
        if 200 <= answer.status < 300:
            return Receipt(provider_message_id=message_id, reached=[str(contact.id)], is_delivered=True)
        reason = f"webhook: {answer.status}"
        if answer.status == 410:
            raise PermanentRefusal(reason, receipt=Receipt(gone={contact.id: reason}))
        raise TemporaryRefusal(reason, retry_after_seconds=answer.retry_after_seconds)

    def close(self) -> None:
        self._client.close()


def _body(outgoing: Outgoing) -> bytes:
    message = outgoing.message
    return msgspec.json.encode(
        {
            "type": "notification",
            "id": str(outgoing.job_id),
            "title": message.subject,
            "text": message.text,
            "link": message.link,
            "locale": message.locale,
        }
    )
