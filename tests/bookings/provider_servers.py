"""Payment providers on this machine, which speak the documented protocol over real HTTP and misbehave when told to."""

import json
import threading
import time
import uuid
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

Answer = tuple[int, Any]


class ProviderServer:
    """Keeps objects by kind and id, answers of POSTs by their key, and does what `mood` says before all that."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, Any], dict[str, str]]] = []
        self.answers: dict[str, Answer] = {}
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.mood: Callable[[BaseHTTPRequestHandler], bool] = lambda handler: False
        self.url = ""

    def answer(self, method: str, path: str, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        raise NotImplementedError

    def repeated(self, key: str, body: dict[str, Any], make: Callable[[], Answer]) -> Answer:
        """Answer a repeated key as the first time."""
        if key not in self.answers:
            self.answers[key] = make()
        return self.answers[key]


class StripeServer(ProviderServer):
    """docs.stripe.com/api: Checkout Sessions, refunds, payment intents."""

    def answer(self, method: str, path: str, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        if headers.get("authorization") != "Bearer sk_test_1":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        _, _, kind, *rest = path.split("/")
        if method == "GET" and path == "/v1/checkout/sessions?limit=1":
            return 200, {"object": "list", "data": []}
        if method == "POST" and path == "/v1/checkout/sessions":
            return self.repeated(headers["idempotency-key"], body, lambda: self._session(body))
        if method == "POST" and path == "/v1/refunds":
            return self.repeated(headers["idempotency-key"], body, lambda: self._refund(body))
        found = self.objects.get((kind, rest[-1]))
        return (
            (200, found) if found else (404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}})
        )

    def pay(self, session_id: str) -> dict[str, Any]:
        session = self.objects["checkout", session_id]
        intent = f"pi_{uuid.uuid4().hex[:24]}"
        session.update(status="complete", payment_status="paid", payment_intent=intent, url=None)
        self.objects["payment_intents", intent] = {"id": intent, "metadata": session["metadata"]}
        return session

    def _session(self, body: dict[str, Any]) -> Answer:
        identifier = f"cs_test_{uuid.uuid4().hex}"
        units = int(body["line_items[0][price_data][unit_amount]"]) * int(body["line_items[0][quantity]"])
        self.objects["checkout", identifier] = {
            "id": identifier,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": units,
            "currency": body["line_items[0][price_data][currency]"],
            "metadata": {"payment_id": body["metadata[payment_id]"]},
            "url": f"https://checkout.stripe.com/c/pay/{identifier}",
        }
        return 200, self.objects["checkout", identifier]

    def _refund(self, body: dict[str, Any]) -> Answer:
        if ("payment_intents", body["payment_intent"]) not in self.objects:
            return 400, {
                "error": {"type": "invalid_request_error", "code": "resource_missing", "param": "payment_intent"}
            }
        refund = {
            "id": f"re_{uuid.uuid4().hex[:24]}",
            "object": "refund",
            "amount": int(body["amount"]),
            "currency": "rub",
            "payment_intent": body["payment_intent"],
            "status": "succeeded",
            "metadata": {"refund_key": body["metadata[refund_key]"]},
        }
        self.objects["refunds", refund["id"]] = refund
        return 200, refund


class YooKassaServer(ProviderServer):
    """yookassa.ru/developers/api: payments and refunds, and the shop itself."""

    status = "enabled"

    def answer(self, method: str, path: str, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        if b64decode(headers.get("authorization", "").removeprefix("Basic ")) != b"100500:test_secret":
            return 401, {"type": "error", "code": "invalid_credentials", "parameter": "Authorization"}
        _, kind, *rest = path.split("/")
        if kind == "me":
            return 200, {"account_id": "100500", "status": self.status, "test": False}
        if method == "POST":
            make = {"payments": self._payment, "refunds": self._refund}[kind]
            return self.repeated(headers["idempotence-key"], body, lambda: make(body))
        found = self.objects.get((kind, rest[-1]))
        return (200, found) if found else (404, {"type": "error", "code": "not_found"})

    def end(self, payment_id: str, status: str) -> dict[str, Any]:
        payment = self.objects["payments", payment_id]
        payment.update(status=status, paid=status == "succeeded")
        if status == "canceled":
            payment["cancellation_details"] = {"party": "payment_network", "reason": "insufficient_funds"}
        return payment

    def _payment(self, body: dict[str, Any]) -> Answer:
        identifier = str(uuid.uuid4())
        payment = {
            "id": identifier,
            "status": "pending",
            "paid": False,
            "amount": body["amount"],
            "metadata": body["metadata"],
            "confirmation": {"type": "redirect", "confirmation_url": f"https://yoomoney.ru/pay?orderId={identifier}"},
        }
        self.objects["payments", identifier] = payment
        return 200, payment

    def _refund(self, body: dict[str, Any]) -> Answer:
        refund = {
            "id": str(uuid.uuid4()),
            "payment_id": body["payment_id"],
            "status": "succeeded",
            "amount": body["amount"],
            "description": body["description"],
        }
        self.objects["refunds", refund["id"]] = refund
        return 200, refund


@contextmanager
def running(server: ProviderServer) -> Iterator[ProviderServer]:
    """Serve on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            is_json = "json" in (self.headers.get("content-type") or "")
            body = json.loads(raw) if is_json else dict(parse_qsl(raw))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.requests.append((self.command, self.path, body, headers))
            if server.mood(self):
                return
            status, told = server.answer(self.command, self.path, body, headers)
            say(self, status, json.dumps(told).encode())

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> bool:
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
    return True


def silent(handler: BaseHTTPRequestHandler) -> bool:
    """Take the request and close without a word."""
    handler.close_connection = True
    return True


def dripping(handler: BaseHTTPRequestHandler) -> bool:
    """Send a byte now and then, as if it would never end."""
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(200):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)
    except OSError:
        return True
    return True


def endless(handler: BaseHTTPRequestHandler) -> bool:
    """Send more than anybody should read."""
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(64):
            handler.wfile.write(b" " * 65536)
    except OSError:
        return True
    return True
