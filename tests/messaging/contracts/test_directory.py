"""What directory, cursors and commit log promise."""

import asyncio
import uuid

from messaging.application.ports import Advance, Progress
from tests.messaging.contracts.conftest import World
from tests.messaging.contracts.test_message_store import draft


class TestCards:
    async def test_tells_who_is_in_a_conversation(self, world: World) -> None:
        cards = await world.ports.directory.cards({world.direct, uuid.uuid4()})

        assert list(cards) == [world.direct]
        assert set(cards[world.direct].members) == {world.anna, world.boris}
        assert cards[world.direct].admits(world.anna)
        assert not cards[world.direct].admits(world.clara)


class TestAcquainted:
    async def test_knows_pairs_that_share_a_conversation(self, world: World) -> None:
        stranger = uuid.uuid4()

        known = await world.ports.directory.acquainted({(world.anna, world.clara), (world.anna, stranger)})

        assert known == {(world.anna, world.clara)}


class TestHeads:
    async def test_lists_the_users_conversations(self, world: World) -> None:
        await world.ports.store.append([draft(world.anna, world.direct)], lane=0)

        listed = await world.ports.directory.heads(world.boris, position=None, limit=10)

        assert {(one.conversation_id, one.last_seq, one.read_seq) for one in listed.heads} == {
            (world.direct, 1, 0),
            (world.group, 0, 0),
        }
        assert not listed.resumed

    async def test_gives_each_their_own_when_many_ask_together(self, world: World) -> None:
        people = [world.clara, world.boris, uuid.uuid4(), world.clara]

        listed = await asyncio.gather(
            *(world.ports.directory.heads(one, position=None, limit=10) for one in (world.anna, *people))
        )

        both = {world.direct, world.group}
        assert [{one.conversation_id for one in heads.heads} for heads in listed] == [
            both,
            {world.group},
            both,
            set(),
            {world.group},
        ]

    async def test_resumes_from_its_own_position(self, world: World) -> None:
        first = await world.ports.directory.heads(world.boris, position=None, limit=10)
        await world.ports.store.append([draft(world.anna, world.direct)], lane=0)

        second = await world.ports.directory.heads(world.boris, position=first.position, limit=10)

        assert second.resumed
        assert world.direct in {one.conversation_id for one in second.heads}

    async def test_lists_everything_for_a_position_that_is_not_its_own(self, world: World) -> None:
        listed = await world.ports.directory.heads(world.boris, position="nonsense", limit=10)

        assert not listed.resumed
        assert len(listed.heads) == 2

    async def test_lists_everything_for_a_position_that_is_still_to_come(self, world: World) -> None:
        listed = await world.ports.directory.heads(world.boris, position="9999999999", limit=10)

        assert not listed.resumed
        assert len(listed.heads) == 2

    async def test_does_not_claim_to_resume_when_more_changed_than_it_lists(self, world: World) -> None:
        first = await world.ports.directory.heads(world.boris, position=None, limit=10)
        await world.ports.store.append([draft(world.anna, world.direct), draft(world.anna, world.group)], lane=0)

        listed = await world.ports.directory.heads(world.boris, position=first.position, limit=1)

        assert not listed.resumed


class TestAdvance:
    async def test_moves_cursors_forwards_only(self, world: World) -> None:
        await world.ports.store.append([draft(world.anna, world.direct) for _ in range(5)], lane=0)

        moved = await world.ports.cursors.advance([Advance(world.direct, world.boris, delivered=4, read=2)])
        back = await world.ports.cursors.advance([Advance(world.direct, world.boris, delivered=3, read=1)])

        assert moved == [Advance(world.direct, world.boris, delivered=4, read=2)]
        assert back == []

    async def test_never_moves_beyond_the_last_message(self, world: World) -> None:
        await world.ports.store.append([draft(world.anna, world.direct)], lane=0)

        moved = await world.ports.cursors.advance([Advance(world.direct, world.boris, delivered=99, read=99)])

        assert moved == [Advance(world.direct, world.boris, delivered=1, read=1)]

    async def test_leaves_strangers_out(self, world: World) -> None:
        await world.ports.store.append([draft(world.anna, world.direct)], lane=0)

        moved = await world.ports.cursors.advance(
            [Advance(world.direct, world.clara, delivered=1, read=0), Advance(uuid.uuid4(), world.anna, 1, 0)]
        )

        assert moved == []


class TestProgress:
    async def test_counts_who_has_the_last_message_and_its_writer(self, world: World) -> None:
        await world.ports.store.append([draft(world.anna, world.group) for _ in range(2)], lane=0)
        await world.ports.cursors.advance(
            [Advance(world.group, world.boris, delivered=2, read=1), Advance(world.group, world.clara, 1, 0)]
        )

        before = await world.ports.cursors.progress([world.group, world.direct])
        await world.ports.cursors.advance([Advance(world.group, world.clara, 2, 2)])
        after = await world.ports.cursors.progress([world.group])

        assert before == [Progress(world.group, seq=2, delivered_count=2, read_count=1)]
        assert after == [Progress(world.group, seq=2, delivered_count=3, read_count=2)]


class TestHidden:
    async def test_names_those_who_hide(self, world: World) -> None:
        await world.hide(world.boris)

        assert await world.ports.directory.hidden([world.anna, world.boris]) == {world.boris}


class TestCommitLog:
    async def test_tells_each_commit_once(self, world: World) -> None:
        await world.ports.commit_log.news()
        await world.ports.store.append([draft(world.anna, world.direct), draft(world.anna, world.direct)], lane=0)

        first = (await world.ports.commit_log.news()).committed
        second = (await world.ports.commit_log.news()).committed

        assert [(one.conversation_id, one.seq) for one in first] == [(world.direct, 1), (world.direct, 2)]
        assert list(second) == []

    async def test_says_nothing_of_duplicates(self, world: World) -> None:
        one = draft(world.anna, world.direct)
        await world.ports.store.append([one], lane=0)
        await world.ports.commit_log.news()
        await world.ports.commit_log.news()

        await world.ports.store.append([one], lane=0)

        assert (await world.ports.commit_log.news()).committed in ([], ())
