"""docs/problems.md: every refusal, its code, its status and when it comes."""

from importlib import import_module
from pathlib import Path

from django.conf import settings

from common.problems import Problem

HEAD = """# Problems

Errors are `application/problem+json` (RFC 9457): `type, title, status, detail, instance, code`, and for bad input
`errors: [{pointer, code, detail}]` with JSON Pointers into the body. `code` is stable; `title` is translated;
`instance` is the request id. Written by `manage.py write_docs`.

| code | status | when | raised in |
|---|---|---|---|
"""
FRAMEWORK = [
    ("not_authenticated", 401, "The request says nothing about who it is.", "REST framework"),
    ("authentication_failed", 401, "The token or session is not valid.", "REST framework"),
    ("method_not_allowed", 405, "The resource doesn't take this method.", "REST framework"),
    ("unsupported_media_type", 415, "The content type isn't understood.", "REST framework"),
    ("parse_error", 400, "The body isn't well-formed.", "REST framework"),
    ("throttled", 429, "Too many requests; `Retry-After` says when to come back.", "`common.api.throttling`"),
    ("server_error", 500, "A defect of ours; `instance` finds it in the log.", "`common.error_pages`"),
    ("unavailable", 503, "The database is away; `Retry-After` says when to come back.", "`common.api.exceptions`"),
]


def render() -> str:
    own = [(one.code, one.status, _summary(one), f"`{one.__module__}`") for one in known_problems()]
    rows = sorted({*own, *FRAMEWORK})
    return HEAD + "".join(f"| `{code}` | {status} | {when} | {where} |\n" for code, status, when, where in rows)


def known_problems() -> list[type[Problem]]:
    """Return every refusal of the product."""
    _import_all()
    return _leaves(Problem)


def _leaves(problem: type[Problem]) -> list[type[Problem]]:
    """Return all problems of the product that have a code of their own."""
    found = []
    for one in problem.__subclasses__():
        if "code" in vars(one) and one.__module__.split(".")[0] in settings.OWN_APPS:
            found.append(one)
        found += _leaves(one)
    return found


def _summary(problem: type[Problem]) -> str:
    return (problem.__doc__ or "").strip().splitlines()[0]


def _import_all() -> None:
    """Import every module that may raise: a problem is known once its module is."""
    for app in settings.OWN_APPS:
        for path in sorted(Path(settings.BASE_DIR, app).rglob("*.py")):
            parts = path.relative_to(settings.BASE_DIR).with_suffix("").parts
            if "migrations" not in parts and "commands" not in parts and path.stem != "__init__":
                import_module(".".join(parts))
