"""A Bot API that keeps what it was asked and when, and answers what it is told to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class TelegramServer:
    """`requests` are (seconds by `now`, chat, text, status) in the order of their arrival."""

    def __init__(self) -> None:
        self.requests: list[tuple[float, str, str, int]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.raw_answer: bytes | None = None
        self.url = ""
        self.now: Callable[[], float] = time.monotonic
        self._lock = threading.Lock()

    def taken(self) -> list[tuple[float, str, str, int]]:
        return [one for one in self.requests if one[3] == 200]

    def answer(self, document: dict[str, Any]) -> tuple[int, bytes]:
        arrived_at = self.now()
        with self._lock:
            status, said = self.answers.pop(0) if self.answers else (200, {"result": {"message_id": 7}})
            self.requests.append((arrived_at, str(document["chat_id"]), document["text"], status))
        return status, json.dumps({"ok": status == 200} | said).encode()


@contextmanager
def telegram_server() -> Iterator[TelegramServer]:
    telegram = TelegramServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = telegram.answer(json.loads(body))
            answer = telegram.raw_answer if telegram.raw_answer is not None else answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    telegram.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield telegram
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
