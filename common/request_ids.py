"""The request id that travels with a request into tasks, facts and Kafka headers."""

import re
import uuid
from contextvars import ContextVar

VALID = re.compile(r"[A-Za-z0-9._-]{8,64}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Return the id of the request that this code runs for, or ''."""
    return _current.get()


def begin_request(given: str = "") -> str:
    """Take the caller's id when it is well-formed, else make one; return it."""
    request_id = given if VALID.fullmatch(given) else uuid.uuid4().hex
    _current.set(request_id)
    return request_id
