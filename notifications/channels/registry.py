"""Which providers serve which channel."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from notifications.channels.email import email_providers
from notifications.channels.ports import Provider
from notifications.channels.push import PushProvider
from notifications.channels.route import Route
from notifications.channels.telegram import TelegramProvider
from notifications.channels.webhook import WebhookProvider
from notifications.limits.breakers import Breakers
from notifications.limits.buckets import Buckets

# In the order in which they are asked. The inbox needs none: it is in the database.
PROVIDERS: dict[str, Callable[[], Sequence[Provider]]] = {
    "email": email_providers,
    "push": lambda: [PushProvider()],
    "telegram": lambda: [TelegramProvider()],
    "webhook": lambda: [WebhookProvider()],
}

# One connection to Redis per process, however many batches.
_buckets = Buckets(time.time)
_breakers = Breakers(time.time)


class OpenRoutes:
    """The routes that a batch of jobs has needed so far."""

    def __init__(self) -> None:
        self._open: dict[str, Route] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for route in self._open.values():
            route.close()

    def get(self, channel: str) -> Route:
        if channel not in self._open:
            self._open[channel] = Route(providers=PROVIDERS[channel](), buckets=_buckets, breakers=_breakers)
        return self._open[channel]


def breaker_states() -> dict[str, float]:
    """Return until when (epoch seconds) the breakers that are open stay so, by provider."""
    names = [provider.name for make in PROVIDERS.values() for provider in make()]
    return {name: state.open_until for name, state in _breakers.states(names).items() if state.openings}
