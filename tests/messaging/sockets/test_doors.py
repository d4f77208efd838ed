"""Who may open a socket, and what the chat process answers besides."""

import asyncio
import json
import uuid
from typing import Any

import httpx
import pytest
import websockets
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.models import User
from accounts.scopes import READ
from messaging.domain.limits import SUBPROTOCOL
from tests.factories.accounts import make_user
from tests.messaging.sockets.conftest import Server, token_of

pytestmark = [pytest.mark.django_db(transaction=True)]

OWN_PAGE = settings.CSRF_TRUSTED_ORIGINS[0]


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


async def first_word(url: str, headers: dict[str, str], **options: Any) -> tuple[dict[str, Any], str | None]:
    async with websockets.connect(url, additional_headers=headers, **options) as socket:
        await socket.send(json.dumps({"type": "hello", "device": str(uuid.uuid4())}))
        frame = str(await asyncio.wait_for(socket.recv(), 5))
        return json.loads(frame.split("\n", maxsplit=1)[0]), socket.subprotocol


async def close_code(url: str, headers: dict[str, str], frame: str | None = None) -> int:
    async with websockets.connect(url, additional_headers=headers) as socket:
        if frame is not None:
            await socket.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await asyncio.wait_for(socket.recv(), 5)
        return closed.value.rcvd.code if closed.value.rcvd else 0


class TestAuthentication:
    def test_welcomes_a_program_with_a_token(self, server: Server) -> None:
        user = make_user()
        headers = {"Authorization": f"Bearer {token_of(user)}"}

        welcome, subprotocol = asyncio.run(first_word(server.url, headers, subprotocols=[SUBPROTOCOL]))

        assert (welcome["type"], welcome["user"], subprotocol) == ("welcome", str(user.pk), SUBPROTOCOL)

    def test_welcomes_a_browser_from_our_own_pages(self, server: Server) -> None:
        user = make_user()

        welcome, _ = asyncio.run(first_word(server.url, {"Cookie": session_of(user), "Origin": OWN_PAGE}))

        assert welcome["user"] == str(user.pk)

    @pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {}])
    def test_refuses_a_cookie_from_anywhere_else(self, server: Server, headers: dict[str, str]) -> None:
        cookie = session_of(make_user())

        with pytest.raises(InvalidStatus) as refused:
            asyncio.run(first_word(server.url, headers | {"Cookie": cookie}))

        assert refused.value.response.status_code == 403

    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
    def test_closes_to_strangers(self, server: Server, headers: dict[str, str]) -> None:
        assert asyncio.run(close_code(server.url, headers)) == 4001

    def test_closes_to_the_blocked(self, server: Server) -> None:
        user = make_user()
        headers = {"Authorization": f"Bearer {token_of(user)}"}
        User.objects.filter(pk=user.pk).update(is_active=False)

        assert asyncio.run(close_code(server.url, headers)) == 4001

    def test_closes_to_a_token_that_may_only_read(self, server: Server) -> None:
        headers = {"Authorization": f"Bearer {token_of(make_user(), scopes=[READ])}"}

        assert asyncio.run(close_code(server.url, headers)) == 4001

    def test_closes_to_a_session_that_was_ended(self, server: Server) -> None:
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}=gone", "Origin": OWN_PAGE}

        assert asyncio.run(close_code(server.url, headers)) == 4001


class TestProtocol:
    @pytest.mark.parametrize("frame", ["nonsense", '{"type":"pong"}', '{"type":"hello"}'])
    def test_closes_on_anything_but_a_hello(self, server: Server, frame: str) -> None:
        headers = {"Authorization": f"Bearer {token_of(make_user())}"}

        assert asyncio.run(close_code(server.url, headers, frame)) == 4003

    def test_other_paths_are_refused(self, server: Server) -> None:
        with pytest.raises(InvalidStatus):
            asyncio.run(first_word(f"ws://{server.address}/ws/other/", {}))


class TestHttp:
    def test_tells_its_health_and_its_metrics(self, server: Server) -> None:
        health = httpx.get(f"http://{server.address}/healthz")
        metrics = httpx.get(f"http://{server.address}/metrics")
        other = httpx.get(f"http://{server.address}/")

        assert (health.status_code, health.json()) == (200, {"status": "ok"})
        assert 'chat_buffer_depth{stage="persist",type="send"}' in metrics.text
        assert other.status_code == 404

    def test_metrics_are_not_for_strangers(self, server: Server) -> None:
        answer = httpx.get(f"http://{server.address}/metrics", headers={"X-Forwarded-For": "203.0.113.9"})

        assert answer.status_code == 404

    def test_a_draining_process_says_so(self, server: Server) -> None:
        server.drain()

        assert httpx.get(f"http://{server.address}/healthz").status_code == 503
