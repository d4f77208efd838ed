"""Webhook: the message as JSON to the URLs that a person's services have given, signed as Standard Webhooks 1.0.

Each URL is somebody else's server. One that is silent says nothing about the others, but waiting for it holds a worker:
so an exchange has one deadline, a receiver is asked by one worker at a time and rests ever longer after each silence, and
a batch that has waited long enough leaves its other messages to a later one.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import httpx
import msgspec
from standardwebhooks import Webhook

from common.outbound_addresses import ForbiddenAddress
from notifications.channels.http import Answer, exchange, make_client
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
from notifications.limits.breakers import WITH_RECEIVERS, Breakers
from notifications.limits.turns import Turns
from notifications.models import ContactPoint

DEADLINE_SECONDS = 5.0
# A turn outlives the exchange, and the look-up of a name that may come before it.
TURN_SECONDS = 3 * DEADLINE_SECONDS
# How long a batch waits for silent receivers in all, and when what it has left comes back.
PATIENCE_SECONDS = 10.0
COME_BACK_SECONDS = 5.0
# So often in a row asked in vain, which takes a day: nobody is there.
MOST_SILENCES = 30

# One connection to Redis per process, however many batches.
_breakers = Breakers(time.time, WITH_RECEIVERS)
_turns = Turns()


class WebhookProvider:
    """Posts to every URL of the person; each of them gets a message once. It opens no breaker of the channel."""

    name = "webhook"

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, breakers: Breakers = _breakers, turns: Turns = _turns
    ) -> None:
        self._caller = make_client()
        self._clock = clock
        self._breakers = breakers
        self._turns = turns
        self._waited = 0.0

    def limits(self, outgoing: Outgoing) -> list[Limit]:
        return []

    def deliver(self, outgoing: Outgoing) -> Receipt:
        reached: list[str] = []
        gone: dict[UUID, str] = {}
        later: list[NotYet | TemporaryRefusal] = []
        for contact in outgoing.contact_points:
            try:
                self._post(contact, outgoing)
                reached.append(str(contact.id))
            except (NotYet, TemporaryRefusal) as trouble:
                later.append(trouble)
            except PermanentRefusal as refusal:
                gone[contact.id] = str(refusal)
        receipt = Receipt(
            provider_message_id=_message_id(outgoing), reached=reached, gone=gone, is_delivered=bool(reached)
        )
        if later:
            raise _soonest(later, receipt)
        if not reached:
            raise PermanentRefusal(next(iter(gone.values())), receipt=receipt)
        return receipt

    def close(self) -> None:
        self._caller.close()

    def _post(self, contact: ContactPoint, outgoing: Outgoing) -> None:
        """Send to one URL.

        Raises:
            NotYet, TemporaryRefusal, PermanentRefusal: the last when there is nobody, or must not be.
        """
        receiver = f"webhook:{sha256(contact.address.encode()).hexdigest()[:32]}"
        if self._waited >= PATIENCE_SECONDS:
            raise NotYet("batch_has_waited", seconds=COME_BACK_SECONDS)
        rests = self._breakers.seconds_until_asked(receiver)
        if rests > 0:
            raise NotYet("receiver_silent", seconds=rests)
        if not self._turns.take(receiver, seconds=TURN_SECONDS):
            raise NotYet("receiver_busy", seconds=COME_BACK_SECONDS)
        began_at = self._clock()
        try:
            answer = exchange(self._caller, _request(contact, outgoing), seconds=DEADLINE_SECONDS)
        except ForbiddenAddress as refused:
            raise PermanentRefusal(str(refused)) from refused
        except (ProviderDown, httpx.HTTPError, httpx.InvalidURL) as trouble:
            self._waited += self._clock() - began_at
            if self._breakers.failed(receiver) >= MOST_SILENCES:
                raise PermanentRefusal(f"silent {MOST_SILENCES} times in a row") from trouble
            raise TemporaryRefusal(str(trouble)) from trouble
        finally:
            self._turns.give_back(receiver)
        self._breakers.worked(receiver)
        _judge(answer)


def _request(contact: ContactPoint, outgoing: Outgoing) -> httpx.Request:
    body = _body(outgoing)
    sent_at = datetime.now(UTC)
    message_id = _message_id(outgoing)
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(contact.secret).sign(message_id, sent_at, body.decode()),
    }
    return pinned(httpx.Request("POST", contact.address, content=body, headers=headers))


def _judge(answer: Answer) -> None:
    """Say what an answer means for the job: 410 is a receiver that wants nothing more (Standard Webhooks, "Operational")."""
    if 200 <= answer.status < 300:
        return
    reason = f"webhook: {answer.status}"
    if answer.status == 410:
        raise PermanentRefusal(reason)
    raise TemporaryRefusal(reason, retry_after_seconds=answer.retry_after_seconds)


def _soonest(later: list[NotYet | TemporaryRefusal], receipt: Receipt) -> NotYet | TemporaryRefusal:
    """Return what becomes of a message that hasn't come to all: an attempt was made, or none was."""
    tried = [one for one in later if isinstance(one, TemporaryRefusal)]
    waits = [one for one in later if isinstance(one, NotYet)]
    if not tried and not receipt.reached and not receipt.gone:
        return min(waits, key=lambda one: one.seconds)
    wait_seconds = [one.retry_after_seconds for one in tried if one.retry_after_seconds]
    return TemporaryRefusal(
        "; ".join(sorted({str(one) for one in later})),
        retry_after_seconds=min(wait_seconds, default=None),
        receipt=receipt,
    )


def _message_id(outgoing: Outgoing) -> str:
    return f"msg_{outgoing.job_id}"


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
