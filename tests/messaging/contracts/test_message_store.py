"""What every store of messages promises."""

import asyncio
import json
import uuid
from dataclasses import replace
from typing import Any

from messaging.application.ports import Rejected
from messaging.domain.drafts import Draft
from messaging.domain.errors import INVALID, NO_CONVERSATION
from messaging.domain.parcels import Stored
from tests.messaging.contracts.conftest import World


def draft(sender: uuid.UUID, conversation: uuid.UUID, text: str = "hi", **fields: Any) -> Draft:
    return Draft(
        sender_id=sender,
        id=fields.get("id") or uuid.uuid4(),
        conversation_id=conversation,
        kind="text",
        body=json.dumps({"text": text}).encode(),
        reply_to=fields.get("reply_to"),
    )


def numbers(answers: list[Stored | Rejected]) -> list[int]:
    return [one.seq for one in answers if isinstance(one, Stored)]


class TestAppend:
    async def test_numbers_messages_per_conversation_from_one(self, world: World) -> None:
        drafts = [draft(world.anna, world.direct), draft(world.anna, world.group), draft(world.boris, world.direct)]

        answers = await world.ports.store.append(drafts, lane=0)

        assert numbers(answers) == [1, 1, 2]
        assert all(isinstance(one, Stored) and not one.is_duplicate for one in answers)

    async def test_tells_who_is_to_get_the_message(self, world: World) -> None:
        (stored,) = await world.ports.store.append([draft(world.anna, world.direct)], lane=0)

        assert isinstance(stored, Stored)
        assert set(stored.members) == {world.anna, world.boris}

    async def test_gives_a_repeated_id_its_first_number(self, world: World) -> None:
        one = draft(world.anna, world.direct)
        await world.ports.store.append([one], lane=0)

        (again,) = await world.ports.store.append([one], lane=0)

        assert isinstance(again, Stored)
        assert (again.seq, again.is_duplicate) == (1, True)

    async def test_knows_a_repetition_within_one_batch(self, world: World) -> None:
        one = draft(world.anna, world.direct)

        answers = await world.ports.store.append([one, one, draft(world.anna, world.direct)], lane=0)

        assert numbers(answers) == [1, 1, 2]
        assert [one.is_duplicate for one in answers if isinstance(one, Stored)] == [False, True, False]

    async def test_the_same_id_of_two_senders_is_two_messages(self, world: World) -> None:
        shared = uuid.uuid4()
        drafts = [draft(world.anna, world.direct, id=shared), draft(world.boris, world.direct, id=shared)]

        answers = await world.ports.store.append(drafts, lane=0)

        assert numbers(answers) == [1, 2]

    async def test_an_id_used_in_two_conversations_stays_where_it_was_first(self, world: World) -> None:
        first = draft(world.anna, world.direct)
        await world.ports.store.append([first], lane=0)

        (answer,) = await world.ports.store.append([draft(world.anna, world.group, id=first.id)], lane=0)

        assert isinstance(answer, Stored)
        assert (answer.conversation_id, answer.seq, answer.is_duplicate) == (world.direct, 1, True)

    async def test_refuses_strangers_without_giving_away_a_number(self, world: World) -> None:
        drafts = [draft(world.clara, world.direct), draft(world.anna, world.direct), draft(world.anna, uuid.uuid4())]

        answers = await world.ports.store.append(drafts, lane=0)

        assert answers[0] == Rejected(NO_CONVERSATION)
        assert numbers(answers) == [1]
        assert answers[2] == Rejected(NO_CONVERSATION)

    async def test_refuses_who_has_left_a_moment_ago(self, world: World) -> None:
        await world.ports.store.append([draft(world.clara, world.group)], lane=0)
        await world.remove_from_group(world.clara)

        (answer,) = await world.ports.store.append([draft(world.clara, world.group)], lane=0)

        assert answer == Rejected(NO_CONVERSATION)

    async def test_refuses_a_reply_to_what_is_not_there(self, world: World) -> None:
        drafts = [draft(world.anna, world.direct), draft(world.anna, world.direct, reply_to=7)]

        answers = await world.ports.store.append(drafts, lane=0)

        assert numbers(answers) == [1]
        assert answers[1] == Rejected(INVALID)

    async def test_a_storm_of_duplicates_is_one_message_and_no_hole(self, world: World) -> None:
        storm = [draft(world.anna, world.direct, f"{number}") for number in range(20)]
        batches = [storm[start : start + 7] + storm[:3] for start in range(0, 20, 7)] * 5

        answers = await asyncio.gather(*(world.ports.store.append(batch, lane=0) for batch in batches))

        by_id: dict[uuid.UUID, set[int]] = {}
        for batch, given in zip(batches, answers, strict=True):
            for one, answer in zip(batch, given, strict=True):
                assert isinstance(answer, Stored)
                by_id.setdefault(one.id, set()).add(answer.seq)
        assert sorted(seq for seqs in by_id.values() for seq in seqs) == list(range(1, 21))
        new = [one for given in answers for one in given if isinstance(one, Stored) and not one.is_duplicate]
        assert len(new) == 20

    async def test_the_same_id_sent_to_two_conversations_at_once_is_stored_once(self, world: World) -> None:
        ids = [uuid.uuid4() for _ in range(10)]
        batches = [[draft(world.anna, room, id=one) for one in ids] for room in (world.direct, world.group)] * 3

        answers = await asyncio.gather(*(world.ports.store.append(batch, lane=0) for batch in batches))

        new = [one for given in answers for one in given if isinstance(one, Stored) and not one.is_duplicate]
        assert len(new) == 10
        for room in (world.direct, world.group):
            page, _ = await world.ports.store.page(room, after=0, before=None, limit=100)
            assert [seq for seq, _ in page] == list(range(1, len(page) + 1))


class TestFind:
    async def test_finds_what_is_stored_and_nothing_else(self, world: World) -> None:
        one = draft(world.anna, world.direct)
        await world.ports.store.append([one], lane=0)

        found = await world.ports.store.find([(world.anna, one.id), (world.boris, one.id)])

        assert list(found) == [(world.anna, one.id)]
        assert (found[world.anna, one.id].seq, found[world.anna, one.id].is_duplicate) == (1, True)


class TestPage:
    async def test_reads_forwards_and_tells_that_there_is_more(self, world: World) -> None:
        await world.ports.store.append([draft(world.anna, world.direct, str(n)) for n in range(1, 8)], lane=0)

        page, more = await world.ports.store.page(world.direct, after=2, before=None, limit=3)

        assert [seq for seq, _ in page] == [3, 4, 5]
        assert more
        assert json.loads(page[0][1])["body"] == {"text": "3"}

    async def test_reads_backwards_in_the_same_order(self, world: World) -> None:
        await world.ports.store.append([draft(world.anna, world.direct) for _ in range(7)], lane=0)

        page, more = await world.ports.store.page(world.direct, after=None, before=4, limit=3)

        assert ([seq for seq, _ in page], more) == ([1, 2, 3], False)

    async def test_gives_the_last_ones_when_nothing_is_named(self, world: World) -> None:
        await world.ports.store.append([draft(world.anna, world.direct) for _ in range(7)], lane=0)

        page, more = await world.ports.store.page(world.direct, after=None, before=None, limit=3)

        assert ([seq for seq, _ in page], more) == ([5, 6, 7], True)


class TestConflicts:
    async def test_another_message_under_a_known_id_is_refused(self, world: World) -> None:
        first = replace(draft(world.anna, world.direct, "one"), fingerprint=1)
        await world.ports.store.append([first], lane=0)

        other = replace(first, body=b'{"text": "two"}', fingerprint=2)
        answers = await world.ports.store.append([other, first], lane=0)

        assert answers[0] == Rejected("conflict")
        assert isinstance(answers[1], Stored)
        assert answers[1].is_duplicate

    async def test_another_message_under_the_id_of_one_in_the_same_batch_is_refused(self, world: World) -> None:
        first = replace(draft(world.anna, world.direct, "one"), fingerprint=1)

        answers = await world.ports.store.append([first, replace(first, fingerprint=2)], lane=0)

        assert numbers(answers[:1]) == [1]
        assert answers[1] == Rejected("conflict")


class TestCommands:
    """Each command has its own number, and the message that it is about is brought up to date."""

    async def test_an_edit_changes_the_text_and_says_so(self, world: World) -> None:
        await self._say(world, world.anna, "text", b'{"text": "teh"}')

        await self._say(world, world.anna, "edit", b'{"text": "the"}', 1)

        message, edit = await self._page(world)
        assert (message["body"], "edited_at" in message, edit["refers_to"]) == ({"text": "the"}, True, 1)

    async def test_a_deletion_leaves_nothing_of_the_text_nor_of_its_edits(self, world: World) -> None:
        await self._say(world, world.anna, "text", b'{"text": "secret"}')
        await self._say(world, world.anna, "edit", b'{"text": "secret too"}', 1)

        await self._say(world, world.anna, "delete", b"{}", 1)

        page = await self._page(world)
        assert [one["body"] for one in page] == [{}, {}, {}]
        assert page[0]["deleted"] is True

    async def test_reactions_are_kept_with_who_put_them(self, world: World) -> None:
        await self._say(world, world.anna, "text", b'{"text": "hi"}')
        for user in (world.anna, world.boris, world.boris):
            await self._say(world, user, "react", '{"emoji": "👍"}'.encode(), 1)
        await self._say(world, world.anna, "unreact", '{"emoji": "👍"}'.encode(), 1)

        message, *_ = await self._page(world)

        assert message["reactions"] == {"👍": [str(world.boris)]}

    async def test_nobody_edits_or_deletes_what_others_have_written(self, world: World) -> None:
        await self._say(world, world.anna, "text", b'{"text": "mine"}')

        refused = [
            await self._say(world, world.boris, "edit", b'{"text": "yours"}', 1),
            await self._say(world, world.boris, "delete", b"{}", 1),
        ]

        assert refused == [Rejected("not_allowed")] * 2
        assert len(await self._page(world)) == 1

    async def test_there_must_be_a_message_that_is_not_deleted_and_no_command(self, world: World) -> None:
        await self._say(world, world.anna, "text", b'{"text": "one"}')
        await self._say(world, world.anna, "react", '{"emoji": "👍"}'.encode(), 1)
        on_command = await self._say(world, world.anna, "delete", b"{}", 2)
        on_nothing = await self._say(world, world.anna, "edit", b'{"text": "x"}', 9)
        await self._say(world, world.anna, "delete", b"{}", 1)

        on_deleted = await self._say(world, world.anna, "edit", b'{"text": "x"}', 1)

        assert [on_command, on_nothing, on_deleted] == [Rejected("no_message")] * 3

    async def _say(
        self, world: World, user_id: uuid.UUID, kind: str, body: bytes, refers_to: int | None = None
    ) -> Stored | Rejected:
        one = Draft(user_id, uuid.uuid4(), world.direct, kind, body, refers_to=refers_to)
        return (await world.ports.store.append([one], lane=0))[0]

    async def _page(self, world: World) -> list[dict[str, Any]]:
        found, _ = await world.ports.store.page(world.direct, after=0, before=None, limit=50)
        return [json.loads(payload) for _, payload in found]
