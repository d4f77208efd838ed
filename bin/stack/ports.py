"""Free TCP ports of the loopback address, the same ones at each start as long as nobody else took them.

A port is chosen long before its server binds it. So a choice is noted where the other stacks of this user see it, and
they leave it alone until it is bound (`release`).
"""

import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from stack import paths

PREFERRED = {
    "web": 8000,
    "chat": 8001,
    "mail": 1025,
    "redis": 6390,
    "metrics-worker-critical": 9101,
    "metrics-worker-bulk": 9102,
    "metrics-beat": 9103,
    "metrics-relay": 9104,
    "metrics-consumer": 9105,
}

# Below the ranges from which Linux and macOS give ports to outgoing connections.
FALLBACK_FIRST, FALLBACK_LAST = 20000, 32000
# A stack that was killed while it started releases nothing.
CLAIMED_SECONDS = 900


class NoFreePort(Exception):
    """Every port that was tried is taken."""


def choose() -> dict[str, int]:
    """Return a free port for each name and remember the choice. To be called while the stack is down."""
    wanted = PREFERRED | remembered()
    chosen: dict[str, int] = {}
    with _claims() as claims:
        claimed = {port for ports_of_another in claims.values() for port in ports_of_another["ports"]}
        for name in PREFERRED:
            port = wanted[name]
            free = is_free(port) and port not in chosen.values() and port not in claimed
            chosen[name] = port if free else another(chosen, claimed)
        claims[str(paths.state_folder())] = {"ports": list(chosen.values()), "at": time.time()}
    paths.write_atomically(paths.state_folder() / "ports.json", json.dumps(chosen, indent=2) + "\n")
    return chosen


def release() -> None:
    """Let others see for themselves which ports are taken: this stack listens on its own by now, or never will."""
    with _claims():
        return


def remembered() -> dict[str, int]:
    """Return the ports of the last start; empty before the first one."""
    try:
        stored = json.loads((paths.state_folder() / "ports.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: port for name, port in stored.items() if name in PREFERRED}


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without it the closed connections of the last run (TIME_WAIT) would make the port look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def unused(count: int) -> list[int]:
    """Return free ports for servers that live shorter than the stack."""
    chosen: dict[str, int] = {}
    for number in range(count):
        chosen[str(number)] = another(chosen)
    return list(chosen.values())


def another(chosen: dict[str, int], claimed: Collection[int] = ()) -> int:
    for _ in range(200):
        port = FALLBACK_FIRST + secrets.randbelow(FALLBACK_LAST - FALLBACK_FIRST)
        if port not in chosen.values() and port not in claimed and is_free(port):
            return port
    raise NoFreePort(f"none of 200 ports tried between {FALLBACK_FIRST} and {FALLBACK_LAST} is free")


@contextmanager
def _claims() -> Iterator[dict[str, Any]]:
    """Give what other stacks have chosen lately, by state folder; what is added is written. Nobody else chooses meanwhile."""
    # Its owner's alone, and no link of somebody else's: the folder is everybody's.
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(paths.claims_file(), flags, 0o600), "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            noted = json.load(file)
        except ValueError:
            # New, or torn by a stack that was killed while it wrote.
            noted = {}
        own = str(paths.state_folder())
        fresh = time.time() - CLAIMED_SECONDS
        claims = {folder: one for folder, one in noted.items() if one["at"] > fresh and folder != own}
        yield claims
        file.seek(0)
        file.truncate()
        file.write(json.dumps(claims))
