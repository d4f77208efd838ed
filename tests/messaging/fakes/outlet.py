"""A socket's way out that keeps what it was given."""

import json
from collections.abc import Callable
from typing import Any


class FakeOutlet:
    def __init__(self) -> None:
        self.objects: list[dict[str, Any]] = []
        self.closed_with: int | None = None
        self.on_close: Callable[[], object] = lambda: None

    @property
    def is_closing(self) -> bool:
        return self.closed_with is not None

    def offer(self, payload: bytes, *, is_ephemeral: bool = False) -> bool:
        if self.closed_with is not None:
            return False
        self.objects += [json.loads(line) for line in payload.split(b"\n")]
        return True

    def close(self, code: int, *, retry_after: float = 0.0) -> None:
        self.closed_with = self.closed_with or code
        self.on_close()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.objects if one["type"] == kind]
