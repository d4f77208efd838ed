"""A handler of tests: it remembers what it was given, and can be broken."""

from collections.abc import Callable, Iterator

import msgspec
import pytest

from bus.facts import ReceivedFact
from bus.models import Delivery, OutboxRow, RelayCursor
from bus.services.dispatch_facts import CURSOR, dispatch_facts
from bus.services.record_fact import record_fact
from bus.subscriptions import HANDLERS, handles
from common.request_ids import begin_request, current_request_id
from common.transactions import use_case
from tests.bus.facts import PotBoiled
from tests.bus.horizon import until_read


class BoiledSeen(msgspec.Struct):
    pot_id: str
    degrees: int


class Kitchen:
    """A handler that remembers what it was given, and can be broken."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.degrees: list[int] = []
        self.requests: list[str] = []
        self.broken_for: set[str] = set()
        self.before: Callable[[str], None] = lambda _pot_id: None

    def react(self, fact: ReceivedFact) -> None:
        self.before(fact.data.pot_id)
        self.seen.append(fact.data.pot_id)
        self.degrees.append(fact.data.degrees)
        self.requests.append(current_request_id())
        OutboxRow.objects.filter(key=fact.key).update(request_id="touched")
        if fact.data.pot_id in self.broken_for:
            raise ZeroDivisionError("out of gas")


@pytest.fixture
def kitchen() -> Iterator[Kitchen]:
    kitchen = Kitchen()

    def on_pot_boiled(fact: ReceivedFact) -> None:
        kitchen.react(fact)

    handles("tests.pot.boiled.v1", schema=BoiledSeen)(on_pot_boiled)
    yield kitchen
    del HANDLERS["tests.on_pot_boiled"]


def dispatched(*pots: str) -> list[int]:
    """State facts, each pot hotter than the one before, and turn them into deliveries, in order."""
    with use_case():
        for degrees, pot in enumerate(pots):
            begin_request(f"request-{degrees:04}")
            record_fact(PotBoiled(pot_id=pot, degrees=degrees))
    RelayCursor.objects.get_or_create(name=CURSOR)
    until_read(dispatch, count=len(pots))
    return list(Delivery.objects.order_by("id").values_list("id", flat=True))


def last_id() -> int:
    return RelayCursor.objects.get(name=CURSOR).last_id


def dispatch() -> int:
    with use_case():
        read, _ = dispatch_facts()
    return read
