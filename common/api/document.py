"""Parts of the OpenAPI document that many operations share."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from common.problems import Problem

# Stores a component under a name and a kind, and returns the reference to it.
Component = Callable[[str, str, dict[str, Any]], dict[str, Any]]

REPEATED_REFUSALS = 2
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A refusal (RFC 9457). `code` is stable, see docs/problems.md; further members depend on it.",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "description": "`/problems/` and the code."},
        "title": {"type": "string", "description": "What is wrong, in the language of the request."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What is wrong with this request; may be empty."},
        "instance": {"type": "string", "description": "The request id, to be named when asking for help."},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Each violation of bad input.",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "A JSON Pointer (RFC 6901) into the body or query."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
HEADERS: dict[str, dict[str, Any]] = {
    "Content-Language": {
        "description": "The language of the answer.",
        "schema": {"type": "string", "enum": ["ru", "en"]},
    },
    "X-Request-ID": {
        "description": "The request's id: the caller's own, when it was well-formed.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "For each quota the remaining requests `r`, and in `t` seconds it is whole again.",
        "schema": {"type": "string"},
        "example": '"user";r=1187;t=1',
    },
    "RateLimit-Policy": {
        "description": "For each quota its `q` requests in `w` seconds.",
        "schema": {"type": "string"},
        "example": '"user";q=1200;w=60',
    },
    "Retry-After": {"description": "Come back after so many seconds.", "schema": {"type": "integer", "minimum": 0}},
    "ETag": {"description": "The version to send back in If-Match.", "schema": {"type": "string"}, "example": '"v3"'},
    "Idempotency-Replayed": {
        "description": "`true` when this is the stored answer of an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
ACCEPT_LANGUAGE = (
    "AcceptLanguage",
    {
        "name": "Accept-Language",
        "in": "header",
        "required": False,
        "description": "`ru` or `en`: the language of titles, details and names; codes stay the same.",
        "schema": {"type": "string"},
        "example": "en",
    },
)
IF_MATCH = (
    "IfMatch",
    {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The ETag that was read: the change is refused when somebody else was faster.",
        "schema": {"type": "string"},
        "example": '"v3"',
    },
)
IF_MATCH_REQUIRED = ("IfMatchRequired", IF_MATCH[1] | {"required": True})
IDEMPOTENCY_KEY = (
    "IdempotencyKey",
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "New for each new operation; the same again when a request is repeated.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
        "example": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a20",
    },
)
IDEMPOTENCY_KEY_OPTIONAL = ("IdempotencyKeyOptional", IDEMPOTENCY_KEY[1] | {"required": False})


@dataclass(frozen=True, order=True)
class Refusal:
    """A problem as the document shows it."""

    status: int
    code: str
    title: str
    meaning: str

    @classmethod
    def of(cls, problem: type[Problem]) -> "Refusal":
        meaning = (problem.__doc__ or problem.title).strip().splitlines()[0]
        return cls(problem.status, problem.code, problem.title, meaning)

    @property
    def example(self) -> dict[str, Any]:
        value: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": "",
            "instance": "3f0c7c1e5a5b4f6f9a4e0d6a1b2c3d4e",
            "code": self.code,
        }
        if self.code == "invalid":
            value["errors"] = [{"pointer": "/title", "code": "required", "detail": "This field is required."}]
        return {"summary": self.title, "value": value}


AUTHENTICATION_FAILED = Refusal(
    401,
    "authentication_failed",
    "This token or session is not valid.",
    "The token or session that was sent is not valid.",
)
NOT_AUTHENTICATED = Refusal(401, "not_authenticated", "Sign in first.", "The request says nothing about who it is.")
PERMISSION_DENIED = Refusal(
    403,
    "permission_denied",
    "You may not do this.",
    "The caller is known and may not do this; for a session also: the CSRF token is missing.",
)
PARSE_ERROR = Refusal(400, "parse_error", "The body is not well-formed.", "The body is not JSON.")
UNSUPPORTED_MEDIA_TYPE = Refusal(
    415,
    "unsupported_media_type",
    "This content type is not understood here.",
    "The body has another content type than those listed.",
)
THROTTLED = Refusal(429, "throttled", "Too many requests. Slow down.", "The caller has spent its quota.")
UNAVAILABLE = Refusal(503, "unavailable", "The service is not available right now.", "The database does not answer.")


def by_status(refusals: Iterable[Refusal]) -> dict[str, list[Refusal]]:
    """Group refusals by status; of two with one code the first stands."""
    groups: dict[str, dict[str, Refusal]] = defaultdict(dict)
    for one in sorted(refusals):
        groups[str(one.status)].setdefault(one.code, one)
    return {status: list(group.values()) for status, group in groups.items()}


def problem_response(refusals: list[Refusal], *, component: Component) -> dict[str, Any]:
    """Return the response with which these refusals, all of one status, are answered."""
    headers = {"X-Request-ID": header("X-Request-ID", component=component)}
    if refusals[0].status in (429, 503):
        headers["Retry-After"] = header("Retry-After", component=component)
    media = {
        "schema": component("Problem", "schemas", PROBLEM),
        "examples": {one.code: component(one.code, "examples", one.example) for one in refusals},
    }
    lines = "\n".join(f"- `{one.code}`: {one.meaning}" for one in refusals)
    response = {"description": lines, "headers": headers, "content": {"application/problem+json": media}}
    if len(refusals) > REPEATED_REFUSALS:
        return response
    # The same few answers stand under nearly every operation: they are written once.
    return component("_or_".join(one.code for one in refusals), "responses", response)


def header(name: str, *, component: Component) -> dict[str, Any]:
    return component(name, "headers", HEADERS[name])


def component_of(result: dict[str, Any]) -> Component:
    """Return what stores components in a finished document: for views that aren't REST framework's."""

    def store(name: str, kind: str, schema: dict[str, Any]) -> dict[str, Any]:
        stored = result["components"].setdefault(kind, {}).setdefault(name, schema)
        return {"$ref": f"#/components/{kind}/{name}"} if stored == schema else schema

    return store
