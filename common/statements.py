"""Statements composed once: for the few reads that most requests make.

The ORM composes a queryset's SQL anew each time, which takes it several times as long as PostgreSQL needs to answer a
lookup by key. Here a queryset is composed with placeholders, once per process, and then only run. `prepared_cursor` goes
one step further for SQL written by hand: PostgreSQL reads it once per connection.
"""

import secrets
import uuid
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, reduce, update_wrapper
from operator import getitem
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    DecimalField,
    ForeignKey,
    Model,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    QuerySet,
    TextField,
    UUIDField,
)
from django.db.models.query import get_related_populators

Row = TypeVar("Row")
# A parameter's name, and where in it the value stands.
Place = tuple[Any, ...]
Convert = Callable[[Any, Any, Any], Any]
# Of a queryset whose shape readers choose, so many statements are kept.
MOST_SHAPES = 500
# Of these fields Django hands values on to psycopg unchanged; what derives from them may not.
AS_THEY_ARE: frozenset[type] = frozenset(
    {
        BooleanField,
        CharField,
        DateTimeField,
        DecimalField,
        ForeignKey,
        PositiveIntegerField,
        PositiveSmallIntegerField,
        TextField,
        UUIDField,
    }
)


class NotComposable(TypeError):
    """A parameter doesn't reach the SQL as it was given, so a statement composed once couldn't carry another."""


@dataclass(frozen=True)
class _Statement:
    """SQL, where its parameters come from, and how its rows become what the queryset gives."""

    sql: str
    # Where a parameter comes from; or a value that is always the same.
    parameters: tuple[tuple[Place | None, Any], ...]
    converters: tuple[tuple[int, Convert, Any], ...]
    made: Callable[[list[Any]], Any]

    def filled(self, given: dict[str, Any]) -> tuple[str, list[Any]]:
        """Return the SQL with the parameters that were given."""
        return self.sql, [value if place is None else reduce(getitem, place, given) for place, value in self.parameters]

    def read(self, cursor: Any) -> list[Any]:
        """Return the rows that the cursor has found."""
        rows: list[Any] = cursor.fetchall()
        if self.converters:
            rows = [list(row) for row in rows]
            for row in rows:
                for place, convert, expression in self.converters:
                    row[place] = convert(row[place], expression, connection)
        return [self.made(row) for row in rows]


class ComposedOnce(Generic[Row]):
    """A queryset as a function of its parameters; called, it returns the rows (of `values_list`, tuples).

    Parameters are ids, texts, bytes, times, dates or numbers, or sequences, named tuples and dictionaries of these. None
    and booleans in them, and how long a sequence is, make another statement. Values are compared as they are: `contains`
    and its like change them and are refused.

    Raises:
        NotComposable: from the first call.
    """

    def __init__(self, compose: Callable[..., QuerySet[Any, Row]]) -> None:
        self._compose = compose
        self._statements: dict[Hashable, _Statement] = {}
        update_wrapper(self, compose)

    def __call__(self, **given: Any) -> list[Row]:
        composed = self._composed(given)
        with connection.cursor() as cursor:
            cursor.execute(*composed.filled(given))
            return composed.read(cursor)

    def prepared(self, **given: Any) -> list[Row]:
        """Return the rows by a statement that PostgreSQL has planned before: for those that any values plan alike."""
        composed = self._composed(given)
        connection.close_if_health_check_failed()
        with prepared_cursor() as cursor:
            cursor.execute(*composed.filled(given))
            return composed.read(cursor)

    def first(self, **given: Any) -> Row | None:
        """Return the first row, or None."""
        return next(iter(self(**given)), None)

    def first_prepared(self, **given: Any) -> Row | None:
        """Return the first row, or None, by a statement that PostgreSQL has planned before."""
        return next(iter(self.prepared(**given)), None)

    def statement(self, **given: Any) -> tuple[str, list[Any]]:
        """Return the SQL and its parameters, for whoever sends it together with something else."""
        return self._composed(given).filled(given)

    def read(self, cursor: Any, **given: Any) -> list[Row]:
        """Return the rows that the cursor has found with the statement."""
        return self._composed(given).read(cursor)

    def _composed(self, given: dict[str, Any]) -> _Statement:
        shape = tuple(_shape(given, ()))
        composed = self._statements.get(shape)
        if composed is None:
            if len(self._statements) >= MOST_SHAPES:
                self._statements.clear()
            composed = self._statements[shape] = _composed(self._compose, given)
        return composed


def composed_once(compose: Callable[..., QuerySet[Any, Row]]) -> ComposedOnce[Row]:
    """Make a function that returns a queryset into one that returns its rows; it is called by keyword only."""
    return ComposedOnce(compose)


def prepared_cursor() -> CursorWrapper:
    """Open a cursor on the present connection whose statements PostgreSQL parses once per connection.

    For the few statements that run thousands of times a second, always with the same text. Parameters go beside the
    statement, as psycopg's types, not Django's. It does not ask whether the connection is still alive.
    """
    # Once: each look at `connection` asks which thread it is.
    own = connections[DEFAULT_DB_ALIAS]
    own.ensure_connection()
    # Django's own cursors put parameters into the text and are never prepared: this counts for this kind only.
    own.connection.prepare_threshold = 0
    cursor: Any = psycopg.Cursor(own.connection)
    return own.make_debug_cursor(cursor) if own.queries_logged else own.make_cursor(cursor)


def run_together(*statements: tuple[str, Sequence[Any]]) -> list[CursorWrapper]:
    """Run prepared statements one after the other in one round trip; return the cursor of each.

    Each sees what was committed when its own turn came. After one that fails none of the others runs.
    """
    cursors = [prepared_cursor() for _ in statements]
    with connection.wrap_database_errors, connection.connection.pipeline():
        for cursor, (sql, parameters) in zip(cursors, statements, strict=True):
            cursor.execute(sql, parameters)
    return cursors


def insert_all_columns(model: type[Model]) -> str:
    """Return what follows `INSERT INTO table` for one row with all its columns, to be filled by `values_of`."""
    fields = model._meta.local_concrete_fields
    return f"({', '.join(str(field.column) for field in fields)}) VALUES ({', '.join('%s' for _ in fields)})"


def values_of(row: Model) -> list[Any]:
    """Return a row's values for `insert_all_columns`."""
    return [
        getattr(row, name) if field is None else field.get_db_prep_save(getattr(row, name), connection)
        for name, field in _columns(type(row))
    ]


@cache
def _columns(model: type[Model]) -> tuple[tuple[str, Any], ...]:
    """Return the attribute of each column, and its field where the driver doesn't take a value of it as it is."""
    fields = model._meta.local_concrete_fields
    return tuple((field.attname, None if type(field) in AS_THEY_ARE else field) for field in fields)


def _composed(compose: Callable[..., QuerySet[Any]], given: dict[str, Any]) -> _Statement:
    places: dict[Any, Place] = {}
    wanted = compose(**_stand_ins(given, (), places))
    compiler = wanted.query.get_compiler(connection=connection)
    sql, found = compiler.as_sql()
    # Django hands bytes on in a wrapper.
    plain = [one.obj if isinstance(one, psycopg.Binary) else one for one in found]
    parameters = tuple((places.get(one) if isinstance(one, Hashable) else None, one) for one in plain)
    if missing := set(places.values()) - {place for place, _ in parameters}:
        raise NotComposable(f"{sorted(str(place) for place in missing)} can't be told apart in: {sql}")
    converters = compiler.get_converters([column[0] for column in compiler.select])
    return _Statement(
        sql=sql,
        parameters=parameters,
        converters=tuple(
            (place, convert, expression) for place, (converts, expression) in converters.items() for convert in converts
        ),
        made=_model_of(compiler) if wanted._fields is None else tuple,  # type: ignore[attr-defined]
    )


def _model_of(compiler: Any) -> Callable[[list[Any]], Model]:
    """Return how a row becomes a model with its relations and annotations."""
    told = compiler.klass_info
    chosen = told["select_fields"]
    own = slice(chosen[0], chosen[-1] + 1)
    attributes = [column[0].target.attname for column in compiler.select[own]]
    annotations = tuple((compiler.annotation_col_map or {}).items())
    relations = tuple(
        get_related_populators(told, compiler.select, connection.alias)  # type: ignore[call-arg]  # Django 6's stubs
    )

    def made(row: list[Any]) -> Model:
        one: Model = told["model"].from_db(connection.alias, attributes, row[own])
        for name, place in annotations:
            setattr(one, name, row[place])
        for relation in relations:
            relation.populate(row, one)
        return one

    return made


def _shape(value: Any, place: Place) -> Iterator[Hashable]:
    """Yield what makes a parameter another statement: where values stand, and what is no value."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _shape(one, (*place, name))
    elif _is_many(value):
        for at, one in enumerate(value):
            yield from _shape(one, (*place, at))
        yield place, len(value)
    else:
        yield (place, value) if value is None or isinstance(value, bool) else place


def _stand_ins(value: Any, place: Place, places: dict[Any, Place]) -> Any:
    """Return the same with stand-ins for its values, and note where each of them stands."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return {name: _stand_ins(one, (*place, name), places) for name, one in value.items()}
    if _is_many(value):
        inner = [_stand_ins(one, (*place, at), places) for at, one in enumerate(value)]
        return type(value)(*inner) if hasattr(value, "_fields") else inner
    one = _stand_in(value)
    places[one] = place
    return one


def _is_many(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _stand_in(value: Any) -> Any:
    """Return a value of the same kind that is found again among the composed parameters."""
    for kind, made in STAND_INS.items():
        if isinstance(value, kind):
            return made()
    raise NotComposable(f"no stand-in for {type(value).__name__}")


# A datetime is a date too, so it comes first. Numbers are large: no constant of a statement is like them.
STAND_INS: dict[type, Callable[[], Any]] = {
    uuid.UUID: uuid.uuid4,
    str: lambda: secrets.token_hex(16),
    bytes: lambda: secrets.token_bytes(16),
    datetime: lambda: datetime.fromtimestamp(secrets.randbelow(2**31), tz=UTC),
    date: lambda: date(1, 1, 1) + timedelta(days=secrets.randbelow(3_000_000)),
    int: lambda: 10**6 + secrets.randbelow(2**30),
    float: lambda: 10.0**6 + secrets.randbelow(2**30) + 0.5,
    Decimal: lambda: Decimal(10**6 + secrets.randbelow(2**30)) + Decimal("0.25"),
}
