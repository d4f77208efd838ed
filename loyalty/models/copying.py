"""Rows by the thousand: made without a model's constructor, written by COPY.

A constructor goes through signals, descriptors and every field's default, which takes it longer than PostgreSQL needs to
store the row; the ORM's INSERT costs three times as much as COPY.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from django.db import connection
from django.db.models import JSONField, Model, TextChoices
from django.db.models.base import ModelState

M = TypeVar("M", bound=Model)


def new_row(model: type[M], **values: Any) -> M:
    """Return what `model(**values)` would, for columns (`project_id`) only; what the database fills isn't set."""
    given, made = _defaults(model)
    columns = given | values
    for name, default in made:
        if name not in values:
            columns[name] = default()
    columns["_state"] = ModelState()
    row = model.__new__(model)
    row.__dict__ = columns
    return row


def rows_found(model: type[M], found: Iterable[Sequence[Any]], *, names: Sequence[str] = ()) -> list[M]:
    """Return model instances of rows that hold these columns; without names, all in the order of the model's fields."""
    names = names or [field.attname for field in model._meta.concrete_fields]
    alias, rows = connection.alias, []
    for values in found:
        state = ModelState()
        state.adding, state.db = False, alias
        row = model.__new__(model)
        row.__dict__ = dict(zip(names, values, strict=True)) | {"_state": state}
        rows.append(row)
    return rows


def all_columns(model: type[Model], *, of: str) -> str:
    """Return the columns that `rows_found` expects, for a SELECT that calls the table `of`."""
    return ", ".join(f'{of}."{field.column}"' for field in model._meta.concrete_fields)


@cache
def _defaults(model: type[Model]) -> tuple[dict[str, Any], Sequence[tuple[str, Callable[[], Any]]]]:
    """Return the defaults that are always the same, and those that are made for each row."""
    fields = [field for field in model._meta.concrete_fields if not field.has_db_default()]
    made = [(field.attname, field.default) for field in fields if field.has_default() and callable(field.default)]
    names = {name for name, _ in made}
    return {field.attname: field.get_default() for field in fields if field.attname not in names}, made


def copy_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows of `columns`; JSON is given as text. Constraints and triggers hold as for any INSERT."""
    names = ", ".join(f'"{column}"' for column in columns)
    with (
        connection.cursor() as sql,
        sql.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy,
    ):
        copy.write("".join(map(_line, rows)))


def _line(row: Sequence[Any]) -> str:
    return "\t".join([_FORMS[type(value)](value) for value in row]) + "\n"


def _escaped(text: str) -> str:
    """Return a text in which no sign means something to COPY; where there is none, `replace` only looks."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class _Forms(dict[type, Callable[[Any], str]]):
    """How values are written for COPY, by their type (PostgreSQL 18, COPY, "Text Format")."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        if not issubclass(kind, TextChoices):
            raise TypeError(f"no form for {kind.__name__} in COPY")
        form = self[kind] = {choice: _escaped(choice.value) for choice in kind}.__getitem__
        return form


_FORMS = _Forms(
    {
        type(None): lambda _: r"\N",
        str: _escaped,
        uuid.UUID: lambda one: f"{one.int:032x}",
        Decimal: str,
        int: str,
        bool: lambda one: "t" if one else "f",
        datetime: datetime.isoformat,
        date: date.isoformat,
    }
)


def copy_instances(model: type[Model], instances: Sequence[Model]) -> None:
    """Write model instances; columns that the database fills by itself are left to it."""
    if not instances:
        return
    fields = [field for field in model._meta.concrete_fields if not field.has_db_default()]
    names = [field.attname for field in fields]
    as_json = [names.index(field.attname) for field in fields if isinstance(field, JSONField)]
    chosen = itemgetter(*names)

    def values(one: Model) -> list[Any]:
        row = list(chosen(one.__dict__))
        for place in as_json:
            row[place] = as_text(row[place])
        return row

    copy_rows(model, [str(field.column) for field in fields], map(values, instances))


def as_text(value: Any) -> str:
    """Return a JSON column's value as COPY takes it."""
    return msgspec.json.encode(value).decode()
