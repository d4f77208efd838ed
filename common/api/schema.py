"""What every operation of the OpenAPI document has: the problems it can return."""

from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem; `code` is stable, see docs/problems.md.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
MEANINGS = {
    "400": "The input is not valid",
    "401": "Not signed in",
    "403": "Not allowed",
    "404": "Absent, or not yours",
    "409": "In conflict with the state",
    "412": "Stale version",
    "422": "The same key was used for something else",
    "428": "If-Match is missing",
    "429": "Too many requests",
    "503": "Not available right now",
}


class AutoSchema(SpectacularAutoSchema):
    """Adds the problem responses that the view can return: `problem_statuses` on the view, or the usual ones."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        for status in self._problem_statuses():
            operation["responses"].setdefault(
                status,
                {
                    "description": MEANINGS[status],
                    "content": {"application/problem+json": {"schema": PROBLEM}},
                },
            )
        return operation

    def _problem_statuses(self) -> list[str]:
        usual = ["400", "401", "403", "404", "409", "429"]
        return sorted({*usual, *getattr(self.view, "problem_statuses", ())})
