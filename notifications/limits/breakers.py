"""Circuit breakers: whoever keeps failing isn't asked for a while, by any worker.

Closed: it is asked. After some failures in a row it opens for a while that doubles each time; when that is over one
message goes as a probe, and its fate closes the breaker or opens it again. The state is in Redis; without Redis each
process keeps its own. Two workers that change it at the same moment may lose a count: a breaker is a habit, not a ledger.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import msgspec
import redis
import structlog

from notifications.limits import shared
from notifications.metrics import BREAKER_OPEN

log = structlog.get_logger(__name__)

PROBE_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """After how many failures a breaker opens, for how long at first and at most; told to Prometheus if they are few."""

    failures: int
    first_open_seconds: float
    longest_open_seconds: float
    is_told: bool

    @property
    def kept_seconds(self) -> int:
        """How long a state outlives its last change: longer than it may be open."""
        return int(4 * self.longest_open_seconds)


# Our providers come back, and nobody else can do their work meanwhile.
WITH_PROVIDERS = Patience(failures=5, first_open_seconds=5.0, longest_open_seconds=120.0, is_told=True)
# Servers of strangers: each wait for one of them is a worker's, and there are as many as people like.
WITH_RECEIVERS = Patience(failures=1, first_open_seconds=60.0, longest_open_seconds=3600.0, is_told=False)


@dataclass(frozen=True, kw_only=True)
class State:
    """Failures in a row, how often it has opened since it last worked, and until when it is open (epoch seconds)."""

    failures: int = 0
    openings: int = 0
    open_until: float = 0.0


def after_failure(state: State, now: float, patience: Patience) -> State:
    """Count a failure; open after enough of them, and at once when a probe has failed."""
    failures = state.failures + 1
    if failures < patience.failures and state.openings == 0:
        return replace(state, failures=failures)
    seconds = min(patience.longest_open_seconds, patience.first_open_seconds * 2**state.openings)
    return State(failures=failures, openings=state.openings + 1, open_until=now + seconds)


class Breakers:
    """The breakers of all providers, or of others by their names; `now` is in seconds since the epoch."""

    def __init__(self, now: Callable[[], float], patience: Patience = WITH_PROVIDERS) -> None:
        self._now = now
        self._patience = patience
        self._client: redis.Redis | None = None
        self._own: dict[str, State] = {}

    def seconds_until_asked(self, provider: str) -> float:
        """Return 0 when the provider may be asked; whoever is first after an open time is its probe."""
        state = self._read(provider)
        now = self._now()
        if state.openings == 0:
            return 0.0
        if state.open_until > now:
            return state.open_until - now
        self._write(provider, replace(state, open_until=now + PROBE_SECONDS))
        return 0.0

    def failed(self, provider: str) -> int:
        """Count a failure; return how often it has opened since the provider last worked."""
        state = after_failure(self._read(provider), self._now(), self._patience)
        if state.open_until > self._now():
            log.warning("notifications.provider.breaker_opened", provider=provider, until=state.open_until)
        self._write(provider, state)
        return state.openings

    def worked(self, provider: str) -> None:
        if self._read(provider) != State():
            log.info("notifications.provider.breaker_closed", provider=provider)
            self._write(provider, State())

    def states(self, providers: list[str]) -> dict[str, State]:
        """Return how the breakers of these providers stand."""
        return {provider: self._read(provider) for provider in providers}

    def _read(self, provider: str) -> State:
        try:
            stored: bytes | None = self._redis().get(_key(provider))  # type: ignore[assignment]
        except redis.RedisError:
            return self._own.get(provider, State())
        return State(**msgspec.json.decode(stored)) if stored else State()

    def _write(self, provider: str, state: State) -> None:
        if state == State():
            self._own.pop(provider, None)
        else:
            self._own[provider] = state
        if self._patience.is_told:
            BREAKER_OPEN.labels(provider=provider).set(state.openings > 0)
        try:
            self._redis().set(_key(provider), msgspec.json.encode(asdict(state)), ex=self._patience.kept_seconds)
        except redis.RedisError as error:
            log.warning("notifications.breaker.kept_alone", provider=provider, error=type(error).__name__)

    def _redis(self) -> redis.Redis:
        if self._client is None:
            self._client = shared.connect()
        return self._client


def _key(provider: str) -> str:
    return f"notify:breaker:{provider}"
