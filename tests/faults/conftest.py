"""Faults are done to the system that `bin/up` has started, as journeys go through it.

`SCALE=ci` (the default) is what `bin/test` has time for, `SCALE=full` what `bin/faults` does.
"""

import os
import signal
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from stack import control, ports, readiness

from tests.faults.crowd import Crowd
from tests.faults.generations import processes_of
from tests.journeys.conftest import administrator, client, empty_cache, eventually, idempotency_key, mails_to, stack

__all__ = ["administrator", "client", "empty_cache", "eventually", "idempotency_key", "mails_to", "stack"]

FULL = os.environ.get("SCALE", "ci") == "full"
RECOVERY_SECONDS = 120


@pytest.fixture
def state(stack: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stack's own modules speak of the running system."""
    monkeypatch.setenv("AQUASTREAM_STATE", str(Path(os.environ["AQUASTREAM_DEMO"]).parent))


@pytest.fixture
def killed() -> defaultdict[str, set[int]]:
    """Which processes each program had when this test killed it."""
    return defaultdict(set)


@pytest.fixture(autouse=True)
def whole_again(state: None, eventually: Callable[..., Any], killed: defaultdict[str, set[int]]) -> Iterator[None]:
    """Leave the next test a system of which every process answers."""
    yield
    checks = readiness.product_checks(ports.remembered())

    def is_whole() -> bool:
        # A killed program's children may answer a moment longer.
        survivors = any(ids & processes_of(kind) for kind, ids in killed.items())
        return not survivors and all(check() is None for check in checks.values())

    eventually(is_whole, what="every process answers", seconds=RECOVERY_SECONDS)


@pytest.fixture
def signalling(state: None) -> Callable[[str, int], int]:
    """Send a signal to a process of the running system: `signalling("relay", signal.SIGKILL)`; return its id."""

    def send(kind: str, number: int) -> int:
        [pid] = [record["pid"] for record in control.status() if record["name"] == kind]
        if not pid:
            pytest.skip(f"{kind} isn't run by this system")
        os.kill(int(pid), number)
        return int(pid)

    return send


@pytest.fixture
def killing(signalling: Callable[[str, int], int], killed: defaultdict[str, set[int]]) -> Callable[[str], int]:
    """Kill a process of the running system with -9; return the id that it had."""

    def kill(kind: str) -> int:
        killed[kind] |= processes_of(kind)
        return signalling(kind, signal.SIGKILL)

    return kill


@pytest.fixture
def database(stack: dict[str, Any]) -> Iterator[psycopg.Connection]:
    """A superuser's connection to the running system's database, in autocommit."""
    with psycopg.connect(stack["database"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def crowd(stack: dict[str, Any], client: Callable[..., Any]) -> Crowd:
    """Shops, services and somebody who books, all at once."""
    return Crowd(stack, client)
