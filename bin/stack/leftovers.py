"""Find and end the processes of this stack that nobody supervises any more.

Each process that the stack starts carries a random mark of its own state folder in its environment, and its children
inherit it. A pid file alone proves nothing: the number may belong to somebody else by now.
"""

import os
import signal
from collections.abc import Iterable
from typing import NamedTuple

import psutil

MARK = "AQUASTREAM_STACK_MARK"
NAME = "AQUASTREAM_PROCESS"

# SIGTERM would make PostgreSQL wait until every client has gone.
STOP_SIGNALS = {"postgres": signal.SIGINT}


class Leftover(NamedTuple):
    process: psutil.Process
    name: str


def find(mark: str) -> list[Leftover]:
    """Return the running processes that carry `mark`, but this one."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            variables = process.environ()
        except (psutil.Error, OSError):
            continue
        if variables.get(MARK) == mark:
            found.append(Leftover(process, variables.get(NAME, "")))
    return found


def end(leftovers: Iterable[Leftover], *, patience_seconds: float = 5) -> None:
    """Ask each process to end and kill what has not after `patience_seconds`.

    psutil compares the start time before it signals, so that a number used again is never hit.
    """
    asked = []
    for process, name in leftovers:
        try:
            process.send_signal(STOP_SIGNALS.get(name, signal.SIGTERM))
            asked.append(process)
        except psutil.NoSuchProcess:
            continue
    _, stubborn = psutil.wait_procs(asked, timeout=patience_seconds)
    for process in stubborn:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(stubborn, timeout=patience_seconds)
