"""Rows by the thousand: made without a model's constructor, written by COPY.

A constructor goes through signals, descriptors and every field's default, which takes it longer than PostgreSQL needs to
store the row; the ORM's INSERT costs three times as much as COPY.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from django.db import connection
from django.db.models import JSONField, Model
from django.db.models.base import ModelState

M = TypeVar("M", bound=Model)


def new_row(model: type[M], **values: Any) -> M:
    """Return what `model(**values)` would, for columns (`project_id`) only; what the database fills isn't set."""
    given, made = _defaults(model)
    row = model.__new__(model)
    row._state = ModelState()
    row.__dict__.update(given)
    row.__dict__.update(values)
    for name, default in made:
        if name not in values:
            row.__dict__[name] = default()
    return row


def rows_found(model: type[M], found: Iterable[Sequence[Any]], *, names: Sequence[str] = ()) -> list[M]:
    """Return model instances of rows that hold these columns; without names, all in the order of the model's fields."""
    names = names or [field.attname for field in model._meta.concrete_fields]
    rows = []
    for values in found:
        row = model.__new__(model)
        row._state = ModelState()
        row._state.adding, row._state.db = False, connection.alias
        row.__dict__.update(zip(names, values, strict=True))
        rows.append(row)
    return rows


def all_columns(model: type[Model], *, of: str) -> str:
    """Return the columns that `rows_found` expects, for a SELECT that calls the table `of`."""
    return ", ".join(f'{of}."{field.column}"' for field in model._meta.concrete_fields)


@cache
def _defaults(model: type[Model]) -> tuple[Mapping[str, Any], Sequence[tuple[str, Callable[[], Any]]]]:
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
        for row in rows:
            copy.write_row(row)


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
