"""Cursor pages: `next`, `previous`, `results`; `page_size` up to 100."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.translation import gettext
from rest_framework import exceptions, pagination
from rest_framework.request import Request

from common.problems import FieldProblem, InvalidInput, Problem


class InvalidCursor(Problem):
    """The cursor was not given out by this list."""

    code = "invalid_cursor"
    status = 400
    title = "This cursor does not come from this list. Begin with the first page."


class CursorPagination(pagination.CursorPagination):
    """Pages by a stable order that ends in the id; a view names it in `ordering`."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = ("-created_at", "-id")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        """Return a page.

        Raises:
            InvalidCursor, InvalidInput
        """
        try:
            return super().paginate_queryset(queryset, request, view)
        # A cursor can be well-formed and still hold a position that no column has.
        except (exceptions.NotFound, ValidationError, ValueError, DataError) as error:
            if self.cursor_query_param in request.query_params:
                raise InvalidCursor() from error
            raise

    def get_page_size(self, request: Request) -> int | None:
        given = request.query_params.get(self.page_size_query_param)
        if given is None:
            return self.page_size
        if not (given.isascii() and given.isdigit() and int(given[:9]) > 0):
            detail = gettext("A whole number from 1; more than 100 gives 100.")
            raise InvalidInput(errors=(FieldProblem(f"/{self.page_size_query_param}", "invalid", detail),))
        return min(int(given[:9]), self.max_page_size)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": self.cursor_query_param,
                "in": "query",
                "required": False,
                "description": "From `next` or `previous` of another page.",
                "schema": {"type": "string"},
            },
            {
                "name": self.page_size_query_param,
                "in": "query",
                "required": False,
                "description": "How many results a page has; more than 100 gives 100.",
                "schema": {"type": "integer", "minimum": 1, "default": self.page_size},
            },
        ]
