"""Wait until servers and processes answer, and say which one does not."""

import socket
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import redis

from stack import control, paths, processes
from stack.processes import Program

PAUSE_SECONDS = 0.05


def wait(checks: Mapping[str, Callable[[], str | None]], *, patience_seconds: float) -> None:
    """Wait until each check returns None. A check returns what is still missing.

    Raises StackFailed as soon as a program keeps failing, or when the patience ends.
    """
    watch = control.Watch()
    deadline = time.monotonic() + patience_seconds
    open_checks = dict(checks)
    missing: dict[str, str] = {}
    next_watch = time.monotonic() + 1
    while True:
        missing = {name: answer for name, check in open_checks.items() if (answer := check()) is not None}
        open_checks = {name: open_checks[name] for name in missing}
        if not missing:
            return
        if time.monotonic() > deadline:
            break
        if time.monotonic() > next_watch:
            watch.check()
            next_watch = time.monotonic() + 0.5
        time.sleep(PAUSE_SECONDS)
    reasons = "\n\n".join(
        f"{name}: {reason}\nThe end of its log:\n{control.log_end(name)}" for name, reason in missing.items()
    )
    raise control.StackFailed(f"not ready after {patience_seconds:.0f} s\n{reasons}")


def server_checks(servers: Iterable[Program], variables: Mapping[str, str]) -> dict[str, Callable[[], str | None]]:
    """Return a check for each embedded server."""
    known: dict[str, Callable[[], str | None]] = {
        "postgres": lambda: database_answers(variables["DATABASE_URL"]),
        "redis": lambda: redis_answers(variables["REDIS_URL"]),
        "kafka": kafka_answers,
        "mail": lambda: port_answers(urlsplit(variables["EMAIL_URL"]).port),
    }
    return {server.name: known[server.name] for server in servers}


def product_checks(ports: Mapping[str, int]) -> dict[str, Callable[[], str | None]]:
    """Return a check for each process of the product. Those without a page of their own answer with their metrics."""
    web, chat = (f"http://127.0.0.1:{ports[name]}" for name in ("web", "chat"))
    checks: dict[str, Callable[[], str | None]] = {
        "web": partial(page_answers, f"{web}/readyz"),
        "chat": partial(page_answers, f"{chat}/healthz"),
    }
    for name in processes.BY_NAME:
        if f"metrics-{name}" in ports:
            checks[name] = partial(page_answers, f"http://127.0.0.1:{ports[f'metrics-{name}']}/metrics")
    return checks


def database_answers(url: str) -> str | None:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        return str(error)
    return None


def kafka_answers() -> str | None:
    try:
        address = kafka_address(f"file:{paths.kafka_address_file()}")
    except FileNotFoundError:
        return "no address yet"
    return port_answers(int(address.rpartition(":")[2]))


def kafka_address(given: str) -> str:
    """Return host:port, which the embedded broker tells in a file as it changes with each start."""
    if not given.startswith("file:"):
        return given
    return Path(given.removeprefix("file:")).read_text(encoding="utf-8").strip()


def port_answers(port: int | None) -> str | None:
    try:
        with socket.create_connection(("127.0.0.1", port or 0), timeout=1):
            return None
    except OSError as error:
        return f"port {port}: {error}"


def redis_answers(url: str) -> str | None:
    """Return None when it takes commands: it listens before it has read its data, which may be broken."""
    try:
        with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
    except redis.RedisError as error:
        return f"redis: {error}"
    return None


def page_answers(url: str) -> str | None:
    """Return None when the page answers 200, else the refusal."""
    try:
        response = httpx.get(url, timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return f"{url}: {error}"
    return (
        None
        if response.status_code == httpx.codes.OK
        else f"{url} answered {response.status_code}: {response.text[:500]}"
    )
