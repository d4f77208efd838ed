"""kill -9 of any process while people buy, pay and are written to: every accepted request has its effect, once."""

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from stack import processes

from tests.faults.conftest import FULL
from tests.faults.crowd import Crowd, Eventually

KINDS = [program.name for program in processes.PROGRAMS]
# Each kind once; the long form goes on at random.
VICTIMS = KINDS + (random.Random(20).choices(KINDS, k=50 - len(KINDS)) if FULL else [])


@pytest.mark.parametrize("kind", VICTIMS)
def test_a_kill_loses_nothing(
    kind: str,
    crowd: Crowd,
    killing: Callable[[str], None],
    eventually: Eventually,
    mails_to: Callable[[str], list[Any]],
) -> None:
    with crowd.at_work():
        time.sleep(0.5)
        killing(kind)
        booking_id = crowd.traveller.book_and_pay()

    crowd.check_effects(eventually, mails_to, booking_id=booking_id)
