"""Statements composed once: for the few reads that most requests make.

The ORM composes a queryset's SQL anew each time, which takes it several times as long as PostgreSQL needs to answer a
lookup by key. Here a queryset is composed with placeholders, once per process, and then only run. `prepared_cursor` goes
one step further for SQL written by hand: PostgreSQL reads it once per connection.
"""

import secrets
import uuid
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import update_wrapper
from typing import Any, Generic, TypeVar

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=Model)
Place = tuple[str, int | None]
Convert = Callable[[Any, Any, Any], Any]


class NotComposable(TypeError):
    """A parameter doesn't reach the SQL as it was given, so a statement composed once couldn't carry another."""


@dataclass(frozen=True)
class _Statement:
    """SQL, where its parameters come from, and how its rows become models."""

    sql: str
    # A parameter's name and its place in a sequence; or a value that is always the same.
    parameters: tuple[tuple[Place | None, Any], ...]
    model: type[Model]
    attributes: list[str]
    own: slice
    converters: tuple[tuple[int, Convert, Any], ...]
    annotations: tuple[tuple[str, int], ...]
    relations: tuple[Any, ...]


class ComposedOnce(Generic[Row]):
    """A queryset as a function of its parameters; called, it returns the rows.

    Parameters are ids, texts, bytes or times, or sequences of these; a sequence of another length is another statement. They are compared as they are: `contains` and its like change them and are refused.

    Raises:
        NotComposable: from the first call.
    """

    def __init__(self, compose: Callable[..., QuerySet[Row]]) -> None:
        self._compose = compose
        self._statements: dict[Hashable, _Statement] = {}
        update_wrapper(self, compose)

    def __call__(self, **given: Any) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(*self.statement(**given))
            return self.read(cursor, **given)

    def first(self, **given: Any) -> Row | None:
        """Return the first row, or None."""
        return next(iter(self(**given)), None)

    def statement(self, **given: Any) -> tuple[str, list[Any]]:
        """Return the SQL and its parameters, for whoever sends it together with something else."""
        composed = self._composed(given)
        values = [value if place is None else _at(given, place) for place, value in composed.parameters]
        return composed.sql, values

    def read(self, cursor: Any, **given: Any) -> list[Row]:
        """Return the rows that the cursor has found with the statement."""
        composed = self._composed(given)
        return [self._made(composed, list(row)) for row in cursor.fetchall()]

    def _composed(self, given: dict[str, Any]) -> _Statement:
        shape = tuple((name, len(value)) if _is_many(value) else name for name, value in given.items())
        if shape not in self._statements:
            self._statements[shape] = _composed(self._compose, given)
        return self._statements[shape]

    @staticmethod
    def _made(composed: _Statement, row: list[Any]) -> Any:
        for place, convert, expression in composed.converters:
            row[place] = convert(row[place], expression, connection)
        made = composed.model.from_db(connection.alias, composed.attributes, row[composed.own])
        for name, place in composed.annotations:
            setattr(made, name, row[place])
        for relation in composed.relations:
            relation.populate(row, made)
        return made


def composed_once(compose: Callable[..., QuerySet[Row]]) -> ComposedOnce[Row]:
    """Make a function that returns a queryset into one that returns its rows; it is called by keyword only."""
    return ComposedOnce(compose)


def prepared_cursor() -> CursorWrapper:
    """Open a cursor on the present connection whose statements PostgreSQL parses once per connection.

    For the few statements that run thousands of times a second, always with the same text. Parameters go beside the
    statement, as psycopg's types, not Django's. It does not ask whether the connection is still alive.
    """
    connection.ensure_connection()
    # Django's own cursors put parameters into the text and are never prepared: this counts for this kind only.
    connection.connection.prepare_threshold = 0
    cursor: Any = psycopg.Cursor(connection.connection)
    return connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)


def insert_all_columns(model: type[Model]) -> str:
    """Return what follows `INSERT INTO table` for one row with all its columns, to be filled by `values_of`."""
    fields = model._meta.local_concrete_fields
    return f"({', '.join(str(field.column) for field in fields)}) VALUES ({', '.join('%s' for _ in fields)})"


def values_of(row: Model) -> list[Any]:
    """Return a row's values for `insert_all_columns`."""
    fields = row._meta.local_concrete_fields
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


def _composed(compose: Callable[..., QuerySet[Any]], given: dict[str, Any]) -> _Statement:
    stand_ins = {
        name: [_stand_in(one) for one in value] if _is_many(value) else _stand_in(value)
        for name, value in given.items()
    }
    compiler = compose(**stand_ins).query.get_compiler(connection=connection)
    sql, found = compiler.as_sql()
    places: dict[Any, Place] = {}
    for name, value in stand_ins.items():
        places |= {one: (name, at) for at, one in enumerate(value)} if _is_many(value) else {value: (name, None)}
    # Django hands bytes on in a wrapper.
    plain = [one.obj if isinstance(one, psycopg.Binary) else one for one in found]
    parameters = tuple((places.get(one) if isinstance(one, Hashable) else None, one) for one in plain)
    if missing := set(places.values()) - {place for place, _ in parameters}:
        raise NotComposable(f"{sorted(name for name, _ in missing)} can't be told apart in: {sql}")
    told = compiler.klass_info
    chosen = told["select_fields"]
    converters = compiler.get_converters([column[0] for column in compiler.select])
    return _Statement(
        sql=sql,
        parameters=parameters,
        model=told["model"],
        attributes=[column[0].target.attname for column in compiler.select[chosen[0] : chosen[-1] + 1]],
        own=slice(chosen[0], chosen[-1] + 1),
        converters=tuple(
            (place, convert, expression) for place, (converts, expression) in converters.items() for convert in converts
        ),
        annotations=tuple((compiler.annotation_col_map or {}).items()),
        relations=tuple(
            get_related_populators(told, compiler.select, connection.alias)  # type: ignore[call-arg]  # Django 6's stubs
        ),
    )


def _is_many(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _at(given: dict[str, Any], place: Place) -> Any:
    name, at = place
    return given[name] if at is None else given[name][at]


def _stand_in(value: Any) -> Any:
    """Return a value of the same kind that is found again among the composed parameters."""
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    if isinstance(value, str):
        return secrets.token_hex(16)
    if isinstance(value, bytes):
        return secrets.token_bytes(16)
    if isinstance(value, datetime):
        return datetime.fromtimestamp(secrets.randbelow(2**31), tz=UTC)
    raise NotComposable(f"no stand-in for {type(value).__name__}")
