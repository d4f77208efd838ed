"""Local servers that speak the real protocols: SMTP, and a push service."""

import email
import email.policy
import json
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from rest_framework.test import APIClient

from notifications.limits import shared
from tests.factories.notifications import make_service_token


@pytest.fixture(autouse=True)
def patient_with_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Redis be slow on a busy machine: whoever gives it up counts alone."""
    monkeypatch.setattr(shared, "CONNECT_SECONDS", 10)
    monkeypatch.setattr(shared, "ANSWER_SECONDS", 10)


class MailServer:
    """Keeps the mails it gets; refuses with what it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.refuse_recipient = ""
        self.refuse_message = ""
        self.knows_pipelining = False

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]] if self.knows_pipelining else responses

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse_message:
            return self.refuse_message
        raw = envelope.original_content or b""
        self.raw.append(raw)
        self.mails.append(email.message_from_bytes(raw, policy=email.policy.default))
        return "250 OK"


class LoopbackController(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="localhost", enable_SMTPUTF8=True)


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """A real SMTP server that the e-mail channel sends to."""
    server = MailServer()
    controller = LoopbackController(server, hostname="127.0.0.1", port=_free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = controller.port
    yield server
    controller.stop()


class PushService:
    """A push service: keeps what it gets, answers with the status it is told to, by the last step of the path."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.asked: list[str] = []
        self.answers: dict[str, int] = {}
        self.headers: dict[str, str] = {}
        self.port = 0


@pytest.fixture
def push_service(settings: Any) -> Iterator[PushService]:
    """A real HTTP server in the place of the development sink."""
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            service.asked.append(self.path.rstrip("/").rpartition("/")[2])
            status = service.answers.get(self.path.rstrip("/").rpartition("/")[2], 201)
            if status < 300:
                service.received.append((self.path, {name.lower(): one for name, one in self.headers.items()}, body))
            self.send_response(status)
            for name, value in service.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    open_bucket(server.server_address[1])
    service.port = server.server_address[1]
    settings.PUBLIC_URL = f"http://127.0.0.1:{service.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield service
    server.shutdown()
    server.server_close()
    thread.join()


def open_bucket(port: int) -> None:
    """Let a push service be asked whatever one at this port has said in another test."""
    shared.connect().delete(f"notify:bucket:push:127.0.0.1:{port}:closed")


@pytest.fixture
def service(api: APIClient) -> APIClient:
    """A program that speaks for the three sources of the contract."""
    secret = make_service_token("auth_service", "content_service", "admin_panel")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return api


@pytest.fixture
def post_event(service: APIClient) -> Any:
    """Post an event as bytes or as a document."""

    def post(body: bytes | dict[str, Any], *, to: str = "") -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return service.post(f"/api/v1/notifications/events/{to}", raw, content_type="application/json")

    return post


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
