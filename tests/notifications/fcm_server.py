"""Google's token endpoint and FCM's HTTP v1, as far as they are documented."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROJECT = "aquastream-test"
ACCOUNT = f"push@{PROJECT}.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"


class FcmServer:
    """Takes messages for the devices it knows from who has signed in; answers what it is told to."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.url = ""
        self.sign_ins = 0
        self.access_token = "ya29.first"
        self.messages: list[dict[str, Any]] = []
        self.removed: set[str] = set()
        self.answers: list[tuple[int, dict[str, Any], dict[str, str]]] = []

    def write_account(self, path: Path) -> None:
        """Write the file that Firebase's console gives."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "project_id": PROJECT,
                    "private_key_id": "1",
                    "private_key": pem.decode(),
                    "client_email": ACCOUNT,
                    "token_uri": f"{self.url}/token",
                }
            )
        )

    def sign_in(self, body: bytes) -> tuple[int, dict[str, Any]]:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        try:
            # The tests move the clock of who signs in.
            claims = jwt.decode(
                form["assertion"],
                self.key.public_key(),
                algorithms=["RS256"],
                audience=f"{self.url}/token",
                options={"verify_exp": False, "verify_iat": False},
            )
        except (jwt.InvalidTokenError, KeyError):
            return 400, {"error": "invalid_grant"}
        is_ours = form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer" and claims["iss"] == ACCOUNT
        if not is_ours or claims["scope"] != SCOPE or claims["exp"] - claims["iat"] > 3600:
            return 400, {"error": "invalid_grant"}
        self.sign_ins += 1
        return 200, {"access_token": self.access_token, "expires_in": 3599, "token_type": "Bearer"}

    def take(self, authorization: str, body: bytes) -> tuple[int, dict[str, Any], dict[str, str]]:
        if authorization != f"Bearer {self.access_token}":
            return 401, error(401, "UNAUTHENTICATED"), {}
        if self.answers:
            return self.answers.pop(0)
        message = json.loads(body)["message"]
        if message["token"] in self.removed:
            return 404, error(404, "NOT_FOUND", "UNREGISTERED"), {}
        self.messages.append(message)
        return 200, {"name": f"projects/{PROJECT}/messages/{len(self.messages)}"}, {}


def error(code: int, status: str, fcm_code: str = "") -> dict[str, Any]:
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": fcm_code}]
    return {"error": {"code": code, "message": "", "status": status, "details": details if fcm_code else []}}


@contextmanager
def fcm_server() -> Iterator[FcmServer]:
    fcm = FcmServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/token":
                status, said = fcm.sign_in(body)
                headers: dict[str, str] = {}
            elif self.path == f"/v1/projects/{PROJECT}/messages:send":
                status, said, headers = fcm.take(self.headers.get("Authorization", ""), body)
            else:
                status, said, headers = 404, {}, {}
            answer = json.dumps(said).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fcm.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fcm
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
