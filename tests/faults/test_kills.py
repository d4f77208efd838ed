"""kill -9 of any process while people buy, pay and are written to: it comes back, and every request has its effect once."""

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from stack import ports, processes, readiness

from tests.faults.conftest import FULL
from tests.faults.crowd import Crowd, Eventually
from tests.faults.generations import pid_of, processes_of

KINDS = [program.name for program in processes.PROGRAMS]
# Each kind once; the long form goes on at random.
VICTIMS = KINDS + (random.Random(20).choices(KINDS, k=50 - len(KINDS)) if FULL else [])
RECOVERY_SECONDS = 60


@pytest.mark.parametrize("kind", VICTIMS)
def test_a_kill_loses_nothing(
    kind: str,
    crowd: Crowd,
    killing: Callable[[str], int],
    eventually: Eventually,
    mails_to: Callable[[str], list[Any]],
) -> None:
    with crowd.at_work():
        time.sleep(0.5)
        of_before = processes_of(kind)
        killed = killing(kind)
        booking_id = crowd.traveller.book_and_pay()

    check_replaced(kind, killed=killed, of_before=of_before, eventually=eventually)
    crowd.check_effects(eventually, mails_to, booking_id=booking_id)


def check_replaced(kind: str, *, killed: int, of_before: set[int], eventually: Eventually) -> None:
    """See that another process has taken over and the whole product answers again."""

    def is_replaced() -> bool:
        return pid_of(kind) not in (0, killed)

    def silent() -> dict[str, str]:
        return {name: answer for name, check in checks.items() if (answer := check()) is not None}

    checks = readiness.product_checks(ports.remembered())
    eventually(is_replaced, what=f"{kind} is started again", seconds=RECOVERY_SECONDS)
    eventually(lambda: not silent(), what="every process answers", seconds=RECOVERY_SECONDS)
    # Its children went with it: two generations would share a port and count twice.
    assert not of_before & processes_of(kind)
