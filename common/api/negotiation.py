"""What an operation answers with is decided by the operation."""

from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request


class OwnFormat(DefaultContentNegotiation):
    """Choose by Accept where there is a choice; else answer in the operation's own format (RFC 9110, 12.4.1).

    A calendar program that accepts text/calendar alone must reach the view that gives it.
    """

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            return renderers[0], renderers[0].media_type
