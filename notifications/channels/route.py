"""A message's way through a channel: its providers in order, each within its limits, none that is known to be down."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from notifications.channels.ports import (
    Limit,
    NotYet,
    Outgoing,
    PermanentRefusal,
    Provider,
    ProviderDown,
    Receipt,
    TemporaryRefusal,
    TooMany,
)
from notifications.limits.breakers import Breakers
from notifications.limits.buckets import Buckets
from notifications.metrics import PROVIDER_ERRORS

# How long a worker waits for a slot before it puts the message back.
PATIENCE_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class Route:
    """The providers of a channel and what is shared about them."""

    providers: Sequence[Provider]
    buckets: Buckets
    breakers: Breakers
    sleep: Callable[[float], None] = time.sleep
    # What was asked on the way of the last message, for the decision trace.
    trace: list[dict[str, str]] = field(default_factory=list)

    def deliver(self, outgoing: Outgoing) -> Receipt:
        """Hand the message to the first provider that takes it.

        Raises:
            NotYet: every provider is down or has had enough; come back later.
            TemporaryRefusal, PermanentRefusal: what the provider that was asked has said.
        """
        self.trace.clear()
        not_yet: list[NotYet] = []
        down: ProviderDown | None = None
        for provider in self.providers:
            try:
                self._take_turn(provider, outgoing)
                receipt = self._ask(provider, outgoing)
            except NotYet as wait:
                not_yet.append(wait)
                self._note(provider, wait.reason)
            except ProviderDown as trouble:
                down = trouble
                self._note(provider, "down")
            except (TemporaryRefusal, PermanentRefusal) as refusal:
                self._note(provider, f"refused: {refusal}")
                refusal.receipt = replace(refusal.receipt, provider=provider.name)
                raise
            else:
                self._note(provider, "taken")
                return replace(receipt, provider=provider.name)
        if down is not None:
            raise down
        raise min(not_yet, key=lambda one: one.seconds)

    def close(self) -> None:
        for provider in self.providers:
            provider.close()

    def _take_turn(self, provider: Provider, outgoing: Outgoing) -> None:
        seconds = self.breakers.seconds_until_asked(provider.name)
        if seconds > 0:
            raise NotYet("breaker_open", seconds=seconds)
        # Waited for is the provider's own limit only: a wait after that would push messages of one second into another.
        for number, limit in enumerate(provider.limits(outgoing)):
            self._wait_for(limit, patience_seconds=0 if number else PATIENCE_SECONDS)

    def _wait_for(self, limit: Limit, *, patience_seconds: float) -> None:
        turn = self.buckets.take(limit.name, per_second=limit.per_second, patience_seconds=patience_seconds)
        if not turn.is_given:
            raise NotYet("rate_limit", seconds=turn.wait_seconds)
        if turn.wait_seconds > 0:
            self.sleep(turn.wait_seconds)

    def _ask(self, provider: Provider, outgoing: Outgoing) -> Receipt:
        try:
            receipt = provider.deliver(outgoing)
        except TooMany as refusal:
            limits = provider.limits(outgoing)
            for limit in limits[:1]:
                self.buckets.close_for(limit.name, seconds=refusal.seconds)
            PROVIDER_ERRORS.labels(provider=provider.name, kind="too_many").inc()
            raise NotYet("too_many", seconds=refusal.seconds) from refusal
        except ProviderDown:
            self.breakers.failed(provider.name)
            PROVIDER_ERRORS.labels(provider=provider.name, kind="down").inc()
            raise
        self.breakers.worked(provider.name)
        return receipt

    def _note(self, provider: Provider, answer: str) -> None:
        self.trace.append({"rule": f"provider {provider.name}", "answer": answer})
