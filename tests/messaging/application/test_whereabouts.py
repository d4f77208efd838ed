"""Where people are, as a node remembers it."""

import uuid
from collections.abc import Collection

from messaging.application.whereabouts import Whereabouts


class CountedPresence:
    """Says where people are, and counts how many it was asked for."""

    def __init__(self) -> None:
        self.places: dict[uuid.UUID, set[str]] = {}
        self.asked = 0

    async def nodes_of(self, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
        self.asked += len(user_ids)
        return {one: self.places[one] for one in user_ids if one in self.places}


class TestNodesOf:
    async def test_asks_once_a_second_for_those_who_are_there_and_those_who_are_not(self) -> None:
        presence, now = CountedPresence(), [100.0]
        whereabouts = Whereabouts(presence, lambda: now[0])  # type: ignore[arg-type]
        there, away = uuid.uuid4(), uuid.uuid4()
        presence.places[there] = {"one"}

        first = await whereabouts.nodes_of([there, away])
        presence.places[away] = {"two"}
        remembered = await whereabouts.nodes_of([there, away])
        now[0] += 1.1
        later = await whereabouts.nodes_of([there, away])

        assert first == remembered == {there: {"one"}}
        assert later == {there: {"one"}, away: {"two"}}
        assert presence.asked == 4

    async def test_the_exact_answer_is_always_asked_for(self) -> None:
        presence = CountedPresence()
        whereabouts = Whereabouts(presence, lambda: 100.0)  # type: ignore[arg-type]
        person = uuid.uuid4()
        await whereabouts.nodes_of([person])
        presence.places[person] = {"two"}

        assert await whereabouts.nodes_of([person], is_exact=True) == {person: {"two"}}
