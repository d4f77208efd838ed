"""What a channel is to the rest of the app: providers that take messages, each by its own protocol."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from notifications.models import ContactPoint
from notifications.rendering.message import Message


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message on its way; `contact_points` are those that haven't got it yet."""

    job_id: UUID
    recipient_id: UUID
    message: Message
    contact_points: list[ContactPoint]
    unsubscribe_url: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What came of it, contact point by contact point."""

    provider: str = ""
    provider_message_id: str = ""
    reached: list[str] = field(default_factory=list)
    # Refused for good: never to be tried again, with the provider's words.
    gone: dict[UUID, str] = field(default_factory=dict)
    # The other side confirms that the person has it, not only that it took it.
    is_delivered: bool = False


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A provider takes so many messages a second under this name, one after the other."""

    name: str
    per_second: float


class TemporaryRefusal(Exception):
    """Not now: try again, at the earliest after `retry_after_seconds` if the provider has said so."""

    def __init__(
        self, reason: str, *, retry_after_seconds: float | None = None, receipt: Receipt | None = None
    ) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds
        self.receipt = receipt or Receipt()


class ProviderDown(TemporaryRefusal):
    """The provider itself is in trouble, whatever the message: another one may take it."""


class TooMany(TemporaryRefusal):
    """The provider takes no more for a while, from anybody of ours: its whole bucket is closed until then."""

    def __init__(self, reason: str, *, retry_after_seconds: float, receipt: Receipt | None = None) -> None:
        super().__init__(reason, retry_after_seconds=retry_after_seconds, receipt=receipt)
        self.seconds = retry_after_seconds


class NotYet(Exception):
    """No provider may be called for this message now; it has not been tried."""

    def __init__(self, reason: str, *, seconds: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds


class PermanentRefusal(Exception):
    """Never: trying again would change nothing."""

    def __init__(self, reason: str, *, receipt: Receipt | None = None) -> None:
        super().__init__(reason)
        self.receipt = receipt or Receipt()


class Provider(Protocol):
    """Speaks to one provider of a channel; lives for a batch of jobs and may keep a connection meanwhile."""

    name: str

    def limits(self, outgoing: Outgoing) -> list[Limit]:
        """Return the buckets that this message is taken from, the provider's own first."""
        ...

    def deliver(self, outgoing: Outgoing) -> Receipt:
        """Hand the message over.

        Raises:
            TemporaryRefusal, ProviderDown, TooMany, PermanentRefusal
        """
        ...

    def close(self) -> None:
        """Give connections back."""
        ...
