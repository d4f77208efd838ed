"""Live availability through real sockets, from the booking to everybody who watches."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from channels.db import database_sync_to_async
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from common.transactions import use_case
from events.models import Event, TicketType
from events.services.release_seats import release_seats
from events.services.take_seats import take_seats
from messaging.application.topics import Topics
from notifications.live import topic_of as inbox_topic
from notifications.models import Recipient
from notifications.services.read_inbox import read_inbox
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_ticket_type
from tests.factories.notifications import make_job, make_template
from tests.messaging.sockets.conftest import Client, Server, connected, token_of
from tests.notifications.flow import send

pytestmark = [pytest.mark.django_db(transaction=True)]


@asynccontextmanager
async def watching(server: Server, query: str = "?topics") -> AsyncIterator[Client]:
    """Open a socket without signing in."""
    async with websockets.connect(server.url + query, compression=None) as socket:
        yield Client(socket)


def topic_of(event: Event) -> str:
    return f"event:{event.id}:availability"


@database_sync_to_async
def take(ticket_type: TicketType, seats: int) -> None:
    with use_case():
        take_seats(event_id=ticket_type.event_id, quantities={ticket_type.id: seats})


@database_sync_to_async
def give_back(ticket_type: TicketType, seats: int) -> None:
    with use_case():
        release_seats(event_id=ticket_type.event_id, quantities={ticket_type.id: seats})


def levels(client: Client) -> list[str]:
    return [one["data"]["availability"] for one in client.of("topic")]


async def hears(client: Client, level: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while not levels(client) or levels(client)[-1] != level:
            await client.read()
    return client.of("topic")[-1]


class TestAvailability:
    @pytest.mark.parametrize("query", ["?topics", ""])
    def test_a_guest_sees_seats_go_and_come_back(self, server: Server, query: str) -> None:
        ticket_type = make_ticket_type(capacity=20)

        async def scenario() -> Client:
            async with watching(server, query) as guest:
                await guest.say(type="subscribe", topics=[topic_of(ticket_type.event)])
                await hears(guest, "available")
                await take(ticket_type, 19)
                told = await hears(guest, "few")
                assert told["data"]["ticket_types"] == [
                    {"id": str(ticket_type.id), "availability": "few", "sale": "open"}
                ]
                await take(ticket_type, 1)
                await hears(guest, "sold_out")
                await give_back(ticket_type, 20)
                await hears(guest, "available")
                return guest

        guest = asyncio.run(scenario())

        versions = [one["version"] for one in guest.of("topic")]
        assert versions == sorted(set(versions))
        assert "capacity" not in str(guest.objects)

    def test_a_burst_is_told_as_its_end(self, server: Server) -> None:
        ticket_type = make_ticket_type(capacity=60)

        async def scenario() -> list[str]:
            async with watching(server) as guest:
                await guest.say(type="subscribe", topics=[topic_of(ticket_type.event)])
                await hears(guest, "available")
                for _ in range(60):
                    await take(ticket_type, 1)
                await hears(guest, "sold_out")
                return levels(guest)

        told = asyncio.run(scenario())

        assert told in (["available", "few", "sold_out"], ["available", "sold_out"])

    def test_a_user_follows_in_the_middle_of_a_chat(self, server: Server) -> None:
        ticket_type, token = make_ticket_type(capacity=1), token_of(make_user())

        async def scenario() -> None:
            async with connected(server, token) as user:
                await user.say(type="subscribe", topics=[topic_of(ticket_type.event)])
                await hears(user, "available")
                await take(ticket_type, 1)
                await hears(user, "sold_out")
                await user.say(type="unsubscribe", topics=[topic_of(ticket_type.event)])

        asyncio.run(scenario())

        assert topics_of(server).is_idle

    def test_nobody_is_read_for_after_the_last_one_has_left(self, server: Server) -> None:
        event = make_event()

        async def scenario() -> None:
            async with watching(server) as guest:
                await guest.say(type="subscribe", topics=[topic_of(event)])
                await hears(guest, "sold_out")
                assert not topics_of(server).is_idle
            async with asyncio.timeout(10):
                while not topics_of(server).is_idle:
                    await asyncio.sleep(0.01)

        asyncio.run(scenario())

    def test_says_nothing_of_a_draft(self, server: Server) -> None:
        draft, public = make_event(status="draft"), make_event()

        async def scenario() -> Client:
            async with watching(server) as guest:
                await guest.say(type="subscribe", topics=[topic_of(draft)])
                await guest.say(type="subscribe", topics=[topic_of(public)])
                await hears(guest, "sold_out")
                return guest

        assert {one["name"] for one in asyncio.run(scenario()).of("topic")} == {topic_of(public)}

    def test_refuses_what_is_no_topic(self, server: Server) -> None:
        async def scenario() -> None:
            async with watching(server) as guest:
                await guest.say(type="subscribe", topics=["event:everything"])
                (nack,) = await guest.got("nack")
                assert nack["code"] == "invalid"

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        "said",
        [
            {"type": "hello", "device": str(uuid.uuid4())},
            {"type": "send", "id": str(uuid.uuid4())},
            {"type": "subscribe", "topics": []},
            {"type": "subscribe", "topics": ["x"] * 51},
        ],
    )
    def test_a_guest_who_says_anything_else_is_asked_to_sign_in(self, server: Server, said: dict[str, Any]) -> None:
        async def scenario() -> int:
            async with watching(server) as guest:
                await guest.say(**said)
                with pytest.raises(ConnectionClosed) as closed:
                    while True:
                        await asyncio.wait_for(guest.read(), 5)
                return closed.value.rcvd.code if closed.value.rcvd else 0

        assert asyncio.run(scenario()) == 4001


def topics_of(server: Server) -> Topics:
    return server.process.node().topics


class TestInbox:
    def test_a_page_hears_of_what_comes_and_of_what_is_read(self, server: Server) -> None:
        user, other = make_user(), make_user()

        async def scenario() -> Client:
            async with watching(server) as page, watching(server) as foreign:
                await page.say(type="subscribe", topics=[inbox_topic(user.id)])
                await foreign.say(type="subscribe", topics=[inbox_topic(other.id)])
                await counts(page, 0)
                await counts(foreign, 0)
                await database_sync_to_async(tell)(user.id)
                await counts(page, 1)
                await database_sync_to_async(read_all)(user.id)
                await counts(page, 0)
                await database_sync_to_async(tell)(other.id)
                await counts(foreign, 1)
                return page

        page = asyncio.run(scenario())

        assert [one["data"]["unread"] for one in page.of("topic")] == [0, 1, 0]

    def test_a_topic_that_this_server_has_not_made_is_not_followed(self, server: Server) -> None:
        user = make_user()

        async def scenario() -> None:
            async with watching(server) as guest:
                await guest.say(type="subscribe", topics=[f"inbox:{user.id}:{'0' * 32}"])
                (nack,) = await guest.got("nack")
                assert nack["code"] == "invalid"

        asyncio.run(scenario())


def tell(user_id: uuid.UUID) -> None:
    recipient, _ = Recipient.objects.get_or_create(kind="user", external_id=user_id)
    job = make_job(recipient=recipient, channel="in_app", template_code=make_template(channels=("in_app",)).code)
    send([job.id])


def read_all(user_id: uuid.UUID) -> None:
    with use_case():
        read_inbox(user_id=user_id, item_ids=None, now=timezone.now())


async def counts(page: Client, unread: int) -> None:
    async with asyncio.timeout(10):
        while not page.of("topic") or page.of("topic")[-1]["data"]["unread"] != unread:
            await page.read()
