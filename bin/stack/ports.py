"""Free TCP ports of the loopback address, the same ones at each start as long as nobody else took them."""

import json
import secrets
import socket

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


class NoFreePort(Exception):
    """Every port that was tried is taken."""


def choose() -> dict[str, int]:
    """Return a free port for each name and remember the choice. To be called while the stack is down."""
    wanted = PREFERRED | remembered()
    chosen: dict[str, int] = {}
    for name in PREFERRED:
        port = wanted[name]
        chosen[name] = port if is_free(port) and port not in chosen.values() else another(chosen)
    paths.write_atomically(paths.state_folder() / "ports.json", json.dumps(chosen, indent=2) + "\n")
    return chosen


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


def another(chosen: dict[str, int]) -> int:
    for _ in range(200):
        port = FALLBACK_FIRST + secrets.randbelow(FALLBACK_LAST - FALLBACK_FIRST)
        if port not in chosen.values() and is_free(port):
            return port
    raise NoFreePort(f"none of 200 ports tried between {FALLBACK_FIRST} and {FALLBACK_LAST} is free")
