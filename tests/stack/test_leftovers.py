import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest
from stack import leftovers

IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
)
SLEEPS = "import time; print(flush=True); time.sleep(60)"

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def mark() -> str:
    return secrets.token_hex(8)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python programs that have printed a line when they are returned."""
    started: list[subprocess.Popen[bytes]] = []

    def run(program: str, **variables: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", program], env={**os.environ, **variables}, stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


class TestFindLeftovers:
    def test_finds_the_processes_of_this_stack_with_their_names(self, start: Start, mark: str) -> None:
        process = start(SLEEPS, **{leftovers.MARK: mark, leftovers.NAME: "web"})

        assert [(left.process.pid, left.name) for left in leftovers.find(mark)] == [(process.pid, "web")]

    def test_leaves_another_stack_alone(self, start: Start, mark: str) -> None:
        start(SLEEPS, **{leftovers.MARK: "another", leftovers.NAME: "web"})

        assert leftovers.find(mark) == []


class TestEndLeftovers:
    def test_ends_them(self, start: Start, mark: str) -> None:
        process = start(SLEEPS, **{leftovers.MARK: mark})

        leftovers.end(leftovers.find(mark))

        assert not psutil.pid_exists(process.pid)

    def test_kills_those_that_do_not_listen(self, start: Start, mark: str) -> None:
        process = start(IGNORES_SIGTERM, **{leftovers.MARK: mark})

        leftovers.end(leftovers.find(mark), patience_seconds=0.2)

        assert not psutil.pid_exists(process.pid)

    def test_bears_that_one_ends_by_itself_meanwhile(self, start: Start, mark: str) -> None:
        process = start(SLEEPS, **{leftovers.MARK: mark})
        found = leftovers.find(mark)
        process.kill()
        process.wait()

        leftovers.end(found)

        assert leftovers.find(mark) == []
