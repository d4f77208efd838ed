"""Filters of lists: what isn't understood is refused, never passed over in silence."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request

from common.problems import FieldProblem, InvalidInput


class StrictFilterBackend(DjangoFilterBackend):
    """Refuses a parameter that the list doesn't have: a misspelt filter would give everything."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """Return the rows that are asked for.

        Raises:
            InvalidInput: a parameter is unknown; the pointer names it.
            ValidationError: a value is.
        """
        unknown = sorted(set(request.query_params) - self._known_parameters(queryset, view))
        if unknown:
            detail = gettext("This list has no such parameter.")
            raise InvalidInput(errors=tuple(FieldProblem(f"/{name}", "unknown_parameter", detail) for name in unknown))
        return super().filter_queryset(request, queryset, view)

    def _known_parameters(self, queryset: QuerySet[Any], view: Any) -> set[str]:
        filterset = self.get_filterset_class(view, queryset)
        pages = getattr(view, "paginator", None)
        return {
            *(filterset.base_filters if filterset else ()),
            *((pages.cursor_query_param, pages.page_size_query_param) if pages else ()),
        }
