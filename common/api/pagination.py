"""Cursor pages: `next`, `previous`, `results`; `page_size` up to 100."""

from rest_framework import pagination


class CursorPagination(pagination.CursorPagination):
    """Pages by a stable order that ends in the id; a view names it in `ordering`."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = ("-created_at", "-id")
