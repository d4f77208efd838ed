"""Cursor pages: `next`, `previous`, `results`; `page_size` up to 100."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DataError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from rest_framework import pagination
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.utils.urls import replace_query_param

from common.problems import FieldProblem, InvalidInput, Problem


class InvalidCursor(Problem):
    """The cursor was not given out by this list."""

    code = "invalid_cursor"
    status = 400
    title = "This cursor does not come from this list. Begin with the first page."


@dataclass(frozen=True)
class Cursor:
    """A row, named by its values in the columns of the order, and the side of it that is read."""

    ordering: tuple[str, ...]
    values: list[Any]
    is_backward: bool

    def encode(self) -> str:
        text = json.dumps([self.ordering, self.values, self.is_backward], cls=JSONEncoder, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, given: str, *, ordering: tuple[str, ...]) -> "Cursor":
        """Return the cursor that a client gives back.

        Raises:
            InvalidCursor: it isn't one, or belongs to another order.
        """
        try:
            text = base64.b64decode(given.encode() + b"=" * (-len(given) % 4), altchars=b"-_", validate=True)
            names, values, is_backward = json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise InvalidCursor() from error
        if names != list(ordering) or not isinstance(values, list) or len(values) != len(names):
            raise InvalidCursor()
        return cls(ordering, values, is_backward is True)


class CursorPagination(pagination.CursorPagination):
    """Pages by a stable order that ends in a unique column; a view names it in `ordering`.

    REST framework's own cursor holds the first column and an offset of at most 1,000, so that a list with more rows of
    one time (a mailing's jobs) would give one page for ever. This one holds all columns of the order.
    """

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering: tuple[str, ...] = ("-created_at", "-id")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        """Return a page.

        Raises:
            InvalidCursor, InvalidInput
        """
        self.page_size = self.get_page_size(request)
        self.request = request
        self.ordering = tuple(self.get_ordering(request, queryset, view))
        given = request.query_params.get(self.cursor_query_param)
        if given is None:
            self._read(queryset, None)
            return self.page
        try:
            self._read(queryset, Cursor.decode(given, ordering=self.ordering))
        # A cursor can be well-formed and still hold values that no column has.
        except (ValidationError, ValueError, TypeError, OverflowError, DataError) as error:
            raise InvalidCursor() from error
        return self.page

    def _read(self, queryset: QuerySet[Any], cursor: Cursor | None) -> None:
        is_backward = cursor is not None and cursor.is_backward
        order = [flipped(name) for name in self.ordering] if is_backward else list(self.ordering)
        if cursor is not None:
            queryset = queryset.filter(beyond(queryset, order, cursor.values))
        rows = list(queryset.order_by(*order)[: self.page_size + 1])
        self.page = rows[: self.page_size]
        if is_backward:
            self.page.reverse()
        self.has_more = len(rows) > self.page_size
        self.begun_at = cursor

    def get_next_link(self) -> str | None:
        if self.begun_at is not None and self.begun_at.is_backward:
            return self._link(is_backward=False)
        return self._link(is_backward=False) if self.has_more else None

    def get_previous_link(self) -> str | None:
        if self.begun_at is None or (self.begun_at.is_backward and not self.has_more):
            return None
        return self._link(is_backward=True)

    def _link(self, *, is_backward: bool) -> str:
        if self.page:
            row = self.page[0 if is_backward else -1]
            values = [getattr(row, name.lstrip("-")) for name in self.ordering]
        else:
            # Only a cursor can lead to nothing and still have something on its other side.
            assert self.begun_at is not None  # noqa: S101
            values = self.begun_at.values
        cursor = Cursor(tuple(self.ordering), values, is_backward)
        return str(replace_query_param(self.request.build_absolute_uri(), self.cursor_query_param, cursor.encode()))

    def get_page_size(self, request: Request) -> int:
        size = self.page_size_of(request.query_params)
        if size is None:
            detail = gettext("A whole number from 1; more than 100 gives 100.")
            raise InvalidInput(errors=(FieldProblem(f"/{self.page_size_query_param}", "invalid", detail),))
        return size

    @classmethod
    def page_size_of(cls, query: Mapping[str, str]) -> int | None:
        """Return how many results are asked for, or None for what isn't understood."""
        given = query.get(cls.page_size_query_param)
        if given is None:
            return cls.page_size
        if not (given.isascii() and given.isdigit() and int(given[:9]) > 0):
            return None
        return min(int(given[:9]), cls.max_page_size)

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


def flipped(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def beyond(queryset: QuerySet[Any], order: Sequence[str], values: Sequence[Any]) -> Q:
    """Return the condition of the rows that come after the values in this order."""
    found, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        column = name.lstrip("-")
        found |= equal & after(column, value, is_descending=name.startswith("-"), queryset=queryset)
        equal &= Q(**{f"{column}__isnull": True}) if value is None else Q(**{column: value})
    first = order[0].lstrip("-")
    if values[0] is not None and not is_nullable(queryset, first):
        # Says once more what follows from the rest, so that an index on the first column finds where to begin.
        found &= Q(**{f"{first}__{'lte' if order[0].startswith('-') else 'gte'}": values[0]})
    return found


def after(column: str, value: Any, *, is_descending: bool, queryset: QuerySet[Any]) -> Q:
    """Return the condition of one column; as in PostgreSQL, NULL is greater than every value."""
    if value is None:
        return Q(**{f"{column}__isnull": False}) if is_descending else Q(pk__in=[])
    if is_descending:
        return Q(**{f"{column}__lt": value})
    greater = Q(**{f"{column}__gt": value})
    return greater | Q(**{f"{column}__isnull": True}) if is_nullable(queryset, column) else greater


def is_nullable(queryset: QuerySet[Any], column: str) -> bool:
    """Tell whether a column may be NULL; annotations that lists are ordered by never are."""
    try:
        return bool(getattr(queryset.model._meta.get_field(column), "null", False))
    except FieldDoesNotExist:
        return False
