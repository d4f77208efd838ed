"""In which order the catalogue's pages are cut."""

from typing import Any

from rest_framework.request import Request

from common.api.pagination import CursorPagination
from events.filters import ordering_of


class CataloguePagination(CursorPagination):
    """By the `ordering` that the filter has checked; every order ends in the id."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        return ordering_of(
            request.query_params.get("ordering"), searching=bool(request.query_params.get("q", "").strip())
        )


class FavoritesPagination(CursorPagination):
    """The event that comes first stands first."""

    ordering = ("starts_at", "id")


class TicketTypesPagination(CursorPagination):
    """As the organizer has put them."""

    ordering = ("position", "created_at", "id")


class QuestionsPagination(CursorPagination):
    """As the organizer has put them."""

    ordering = ("position", "id")


class AnswersPagination(CursorPagination):
    """As they came in."""

    ordering = ("id",)
