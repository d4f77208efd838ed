"""Refusals that a caller understands: one class each, beside the service that raises it.

Plain Python, so that code without Django (the messenger's core) can raise them too.
Rendered once as RFC 9457 `application/problem+json` by `common.api.exceptions`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong with the input: a JSON Pointer (RFC 6901) into the body, a code and a sentence.

    A lazy sentence is said in the language of whoever reads it, which may be another one later.
    """

    pointer: str
    code: str
    detail: Any


class Problem(Exception):
    """A refusal with a stable `code`.

    Subclasses set `code`, `status` and `title` (a translatable sentence, marked for translation where it stands);
    the instance may add a `detail`, `errors`, HTTP `headers` and further members of the body in `extra`.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 409
    title: ClassVar[str]

    def __init__(
        self,
        detail: str = "",
        *,
        errors: tuple[FieldProblem, ...] = (),
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        self.extra = extra


class InvalidInput(Problem):
    """The body is not what the operation takes; `errors` names every violation."""

    code = "invalid"
    status = 400
    title = "The request is not valid."


class NotFound(Problem):
    """Absent, or not the caller's."""

    code = "not_found"
    status = 404
    title = "Not found."


class NotAllowed(Problem):
    """The caller is known and may not do this."""

    code = "permission_denied"
    status = 403
    title = "You may not do this."


class StaleVersion(Problem):
    """Somebody changed the object since the caller read it (If-Match)."""

    code = "stale_version"
    status = 412
    title = "It was changed meanwhile. Read it again and repeat your change."


class VersionRequired(Problem):
    """A change of a versioned object came without If-Match."""

    code = "version_required"
    status = 428
    title = "Send the ETag that you have read in If-Match."
