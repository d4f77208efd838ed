"""JSON bodies that are judged by their own strict reader."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from notifications.envelope import LARGEST_BYTES
from notifications.services.accept_batch import LARGEST_BATCH_BYTES


class RawJSONParser(BaseParser):
    """Gives the bytes of an application/json body: one more than allowed is enough to see that there are too many."""

    media_type = "application/json"
    largest_bytes = 0

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return bytes(stream.read(self.largest_bytes + 1))


def body_of(request: Request) -> bytes:
    """Return the body; REST framework asks no parser about an empty one."""
    given = request.data
    return given if isinstance(given, bytes) else b""


class EventParser(RawJSONParser):
    largest_bytes = LARGEST_BYTES


class BatchParser(RawJSONParser):
    largest_bytes = LARGEST_BATCH_BYTES
