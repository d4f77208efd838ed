"""Journeys go through public doors only, against the system that `bin/up` has started.

`AQUASTREAM_DEMO` names its `demo.json`; `bin/test` starts one system for all journeys and sets it.
"""

import email
import email.policy
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.signing_in import Person

# The longest that a part of the system may need to come back, and so may an effect that waits for it.
PATIENCE_SECONDS = 60.0


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Leave the running system's cache alone."""


@pytest.fixture(scope="session")
def stack() -> dict[str, Any]:
    """What the running system says about itself."""
    path = os.environ.get("AQUASTREAM_DEMO")
    if not path:
        pytest.skip("no running system: AQUASTREAM_DEMO is not set (bin/test sets it)")
    return json.loads(Path(path).read_text())


@pytest.fixture
def client(stack: dict[str, Any]) -> Iterator[Callable[..., httpx.Client]]:
    """Make HTTP clients: `client()` for a guest, `client("organizer")` for a demo account, `client(token=…)`."""
    opened: list[httpx.Client] = []

    def make(account: str | None = None, *, token: str | None = None, language: str = "en") -> httpx.Client:
        headers = {"Accept-Language": language}
        token = token or (stack["accounts"][account]["token"] if account else None)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        opened.append(httpx.Client(base_url=stack["web"], headers=headers, timeout=20))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def administrator(stack: dict[str, Any]) -> Iterator[Person]:
    """The administrator after the password and the code; one for all, since each code is taken once."""
    person = Person(stack["web"])
    landed = person.signs_in_as_staff(stack["accounts"]["admin"], stack["admin_totp_secret"])
    assert landed.url.path == "/admin/", landed.text
    yield person
    person.http.close()


@pytest.fixture
def idempotency_key() -> Callable[[], dict[str, str]]:
    """Make a header with a new key."""
    return lambda: {"Idempotency-Key": str(uuid.uuid4())}


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Ask again until the answer is truthy; fail after a while with the last answer."""

    def wait(ask: Callable[[], Any], *, what: str, seconds: float = PATIENCE_SECONDS) -> Any:
        deadline = time.monotonic() + seconds
        while True:
            answer = ask()
            if answer:
                return answer
            if time.monotonic() > deadline:
                pytest.fail(f"{what}: not within {seconds:.0f} s (last answer: {answer!r})")
            time.sleep(0.1)

    return wait


@pytest.fixture(scope="session")
def mails_to(stack: dict[str, Any]) -> Callable[[str], list[EmailMessage]]:
    """Read the mail folder: `mails_to("anna@example.com")`."""

    def read(address: str) -> list[EmailMessage]:
        found = []
        for path in sorted(Path(stack["mail_folder"]).glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if address.lower() in str(message["To"]).lower():
                found.append(message)
        return found

    return read


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium; skipped, with the reason, where there is none."""
    executable = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if executable is None:
        pytest.skip("browser tests: no chromium on this machine")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=flags)
        yield chromium
        chromium.close()
