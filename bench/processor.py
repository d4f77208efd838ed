"""How much processor the measured system's processes have used: what a figure costs, whatever else the machine does."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from stack import keys, leftovers


class Meter:
    """Seconds of processor by process kind, between its opening and its closing."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def per_unit_ms(self, units: int, *, at_least: float = 0.1) -> dict[str, float]:
        """Return milliseconds for each of `units`: in all, and by the processes that took so much of one or more."""
        by_process = {name: round(used / max(1, units) * 1000, 3) for name, used in self.seconds.most_common()}
        return {"all": round(sum(by_process.values()), 2)} | {
            name: round(used, 2) for name, used in by_process.items() if used >= at_least
        }


@contextmanager
def metered() -> Iterator[Meter]:
    """Measure the block."""
    meter, before = Meter(), seconds_by_process()
    try:
        yield meter
    finally:
        meter.seconds = seconds_by_process() - before


def seconds_by_process() -> Counter[str]:
    """Return user and system seconds since the start, by process kind, children that have ended included.

    PostgreSQL's children overwrite their environment with their title, so they are found through their parent.
    """
    used: Counter[str] = Counter()
    counted: set[int] = set()
    for process, name in leftovers.find(keys.load()["stack_mark"]):
        # The supervisor is everybody's parent.
        family = [process] if name == "supervisor" else [process, *_children(process)]
        for one in family:
            if one.pid not in counted:
                counted.add(one.pid)
                used[name] += _seconds(one)
    return used


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
