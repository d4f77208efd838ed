"""Slots for uploads."""

import uuid
from typing import Any

import pytest

from messaging.application.ports import Rejected
from messaging.domain.files import DAY_BYTES, DAY_FILES, FILE_BYTES
from messaging.domain.types.upload import Upload
from tests.messaging.contracts.conftest import World


def upload(world: World, **fields: Any) -> Upload:
    given = {
        "request": "r",
        "id": uuid.uuid4(),
        "conversation": world.direct,
        "name": "notes.txt",
        "size": 5,
        "media_type": "text/plain",
        "sha256": "0" * 64,
    }
    return Upload(**given | fields)


class TestSlots:
    async def test_gives_the_same_action_the_same_slot(self, world: World) -> None:
        asked = upload(world)

        one, again = [await world.ports.slots.reserve(world.anna, asked) for _ in range(2)]

        assert one == again
        assert not isinstance(one, Rejected)

    async def test_gives_it_again_when_another_file_came_than_was_announced(self, world: World) -> None:
        asked = upload(world)
        first = await world.ports.slots.reserve(world.anna, asked)
        assert not isinstance(first, Rejected)
        await world.refuse_file(first[0].id)

        again = await world.ports.slots.reserve(world.anna, asked)
        other = await world.ports.slots.reserve(world.anna, upload(world, id=asked.id, size=6))

        assert not isinstance(again, Rejected)
        assert again[0] == first[0]
        assert other == Rejected("conflict")

    async def test_refuses_another_file_under_a_known_id(self, world: World) -> None:
        asked = upload(world)
        await world.ports.slots.reserve(world.anna, asked)

        other = await world.ports.slots.reserve(world.anna, upload(world, id=asked.id, size=6))

        assert other == Rejected("conflict")

    @pytest.mark.parametrize("size", [1, FILE_BYTES])
    async def test_ends_with_the_day_s_quota_of_each_person(self, world: World, size: int) -> None:
        slots = world.ports.slots
        fitting = min(DAY_FILES, DAY_BYTES // size)
        first = upload(world, size=size)
        for number in range(fitting):
            asked = first if number == 0 else upload(world, size=size)
            assert not isinstance(await slots.reserve(world.anna, asked), Rejected)

        beyond, retried = (
            await slots.reserve(world.anna, upload(world, size=size)),
            await slots.reserve(world.anna, first),
        )
        others = await slots.reserve(world.boris, upload(world, size=size))

        assert beyond == Rejected("quota")
        assert not isinstance(retried, Rejected)
        assert not isinstance(others, Rejected)
