"""Run things at the same moment, each on a thread and a connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from django.db import connections

from common.problems import Problem

R = TypeVar("R")


def together(*actions: Callable[[], R]) -> list[R | Problem]:
    """Return what each action returned or how it was refused, in order; anything else that is raised is raised."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], R]) -> R | Problem:
        try:
            barrier.wait(timeout=30)
            return action()
        except Problem as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def refusals(outcomes: Sequence[Any]) -> list[str]:
    """Return the codes of those that were refused."""
    return [one.code for one in outcomes if isinstance(one, Problem)]
