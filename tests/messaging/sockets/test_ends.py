"""A socket ends with what it was opened with: a ban, a revoked token, a session that is ended elsewhere."""

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import websockets
from allauth.usersessions.models import UserSession
from channels.db import database_sync_to_async
from django.conf import settings
from websockets.exceptions import ConnectionClosed

from accounts.models import User
from accounts.services.change_access import change_access
from accounts.services.end_sessions import end_sessions
from accounts.services.revoke_token import revoke_token
from common.transactions import use_case
from tests.factories.accounts import make_token, make_user
from tests.messaging.sockets.conftest import Server
from tests.messaging.sockets.test_doors import OWN_PAGE, session_of

pytestmark = [pytest.mark.django_db(transaction=True)]


class Doors:
    """One person's three sign-ins: a browser and two programs."""

    def __init__(self, user: User) -> None:
        self.user = user
        cookie = session_of(user)
        key = cookie.removeprefix(f"{settings.SESSION_COOKIE_NAME}=")
        UserSession.objects.create(user=user, session_key=key, ip="127.0.0.1")
        self.tokens = [make_token(user) for _ in range(2)]
        self.headers = [
            {"Cookie": cookie, "Origin": OWN_PAGE},
            *({"Authorization": f"Bearer {text}"} for _, text in self.tokens),
        ]


def ban(doors: Doors) -> None:
    change_access(actor_id=make_user().pk, user_id=doors.user.pk, is_active=False, is_staff=False, roles=[])


def revoke(doors: Doors) -> None:
    revoke_token(user_id=doors.user.pk, token_id=doors.tokens[0][0].id)


def sign_out(doors: Doors) -> None:
    end_sessions(user_id=doors.user.pk)


class TestEnd:
    @pytest.mark.parametrize(
        ("end", "closed"),
        [(ban, [True, True, True]), (revoke, [False, True, False]), (sign_out, [True, False, False])],
    )
    def test_closes_the_sockets_that_were_opened_with_it_and_no_other(
        self, server: Server, end: Callable[[Doors], None], closed: list[bool]
    ) -> None:
        doors = Doors(make_user())

        def carry_out() -> None:
            with use_case():
                end(doors)

        async def scenario() -> list[Any]:
            sockets = [await opened(server, headers) for headers in doors.headers]
            await database_sync_to_async(carry_out)()
            ended = [await code_of(one) for one, is_closed in zip(sockets, closed, strict=True) if is_closed]
            for one, is_closed in zip(sockets, closed, strict=True):
                if not is_closed:
                    await answers(one)
                    await one.close()
            return ended

        assert asyncio.run(scenario()) == [4001] * sum(closed)


async def opened(server: Server, headers: dict[str, str]) -> websockets.ClientConnection:
    socket = await websockets.connect(server.url, additional_headers=headers)
    await socket.send(json.dumps({"type": "hello", "device": str(uuid.uuid4())}))
    async with asyncio.timeout(10):
        while '"heads"' not in str(await socket.recv()):
            pass
    return socket


async def code_of(socket: websockets.ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(20):
            while True:
                await socket.recv()
    return closed.value.rcvd.code if closed.value.rcvd else 0


async def answers(socket: websockets.ClientConnection) -> None:
    """See that a socket still works."""
    await socket.send(json.dumps({"type": "history", "request": "r", "conversation": str(uuid.uuid4())}))
    async with asyncio.timeout(10):
        while '"nack"' not in str(await socket.recv()):
            pass
