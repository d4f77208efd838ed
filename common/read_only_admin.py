"""Rows that the back office shows and never writes: they change through services only."""

from typing import Any

from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline

NOTHING = "—"


class Titled:
    """A row under the title that people read; everything else of it is its own."""

    def __init__(self, row: Any, title: str) -> None:
        self._row, self._title = row, title

    def __str__(self) -> str:
        return self._title

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


class ReadOnlyAdmin(ModelAdmin):
    """A list and its rows, whatever the permissions of who reads them; steps are actions with permissions of their own."""

    # Counting a table of millions for a line above the list would take longer than the page.
    show_full_result_count = False
    # What a row is called in headings and on the way to it; without them, what it calls itself.
    title_fields: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().changeform_view(
            request, object_id, form_url, self._titled(request, object_id, "original") | (extra_context or {})
        )

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        titled = self._titled(request, object_id, "object")
        if titled:
            titled["title"] = _("Change history: %s") % titled["object"]
        return super().history_view(request, object_id, titled | (extra_context or {}))

    def _titled(self, request: HttpRequest, object_id: str | None, name: str) -> dict[str, Any]:
        row = self.get_object(request, object_id) if self.title_fields and object_id else None
        if row is None:
            return {}
        title = ", ".join(self._told(one, row) for one in self.title_fields)
        return {name: Titled(row, title), "subtitle": title}

    def _told(self, name: str, row: Any) -> str:
        field, _attribute, value = lookup_field(name, row, self)
        if field is not None and field.is_relation:
            return str(getattr(row, name) or NOTHING)
        told = display_for_value(value, NOTHING) if field is None else display_for_field(value, field, NOTHING)
        return str(told)


class ReadOnlyInline(TabularInline):
    """What belongs to a row, below it; its columns say all, so that it needs no title."""

    extra = 0
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False
