"""`demo.json`: addresses, demo accounts and keys of this stack, for scripts and tests."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from stack import paths


def read() -> dict[str, Any] | None:
    """Return what the file holds, or None before the demo data was made."""
    try:
        stored: dict[str, Any] = json.loads(paths.demo_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return stored


def write(values: dict[str, Any]) -> None:
    with writing():
        save(values)


def change(**values: str) -> None:
    """Change addresses in the file if it is there: a broker that was started again has a new one."""
    with writing():
        stored = read()
        if stored is not None and stored | values != stored:
            save(stored | values)


def save(values: dict[str, Any]) -> None:
    paths.write_atomically(paths.demo_file(), json.dumps(values, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def writing() -> Iterator[None]:
    """Let one process at a time read, change and write the file."""
    with (paths.run_folder() / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
