"""The web process without the product: how many answers a second the server and the load generator manage at all."""

from collections.abc import Iterator
from itertools import repeat

from bench import http_load, yardsticks
from bench.figures import Figure
from bench.system import System

CONNECTIONS = 16


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Load /healthz, which touches no database."""
    request = http_load.Request(path="/healthz")
    outcome = http_load.closed_loop(system.web, repeat(request), connections=CONNECTIONS, seconds=seconds)
    yield Figure(
        name="web process, /healthz",
        figure=outcome.per_second,
        unit="req/s",
        p99_ms=outcome.p99_ms,
        yardstick=yardsticks.select_by_key(system),
        verified=outcome.statuses.keys() == {200} and outcome.broken == 0,
        detail={"connections": CONNECTIONS},
    )
