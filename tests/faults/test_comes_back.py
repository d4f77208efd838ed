"""A killed process comes back by itself, and the whole system answers again."""

import os
import signal
import time

import pytest
from stack import control, keys, leftovers, ports, processes, readiness

RECOVERY_SECONDS = 60
KINDS = [program.name for program in processes.of_product()]


def pid_of(name: str) -> int:
    [pid] = [record["pid"] for record in control.status() if record["name"] == name]
    return int(pid)


def processes_of(name: str) -> list[int]:
    return [left.process.pid for left in leftovers.find(keys.load()["stack_mark"]) if left.name == name]


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_process_is_replaced(kind: str, state: None) -> None:
    killed = pid_of(kind)
    before = processes_of(kind)

    os.kill(killed, signal.SIGKILL)

    deadline = time.monotonic() + RECOVERY_SECONDS
    while pid_of(kind) in (0, killed):
        assert time.monotonic() < deadline, f"{kind} was not started again"
        time.sleep(0.1)
    checks = readiness.product_checks(ports.remembered())
    while missing := {name: answer for name, check in checks.items() if (answer := check()) is not None}:
        assert time.monotonic() < deadline, missing
        time.sleep(0.1)
    # Its children went with it: two generations would share a port and count twice.
    assert not set(before) & set(processes_of(kind))
