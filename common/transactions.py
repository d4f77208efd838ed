"""Where a transaction begins, and who may only run inside one.

A use case is one durable transaction, opened at the edge (view, handler runner, task, command) with `use_case()`.
Services are steps: `@requires_transaction` makes them refuse to run outside one, so that they compose.
A step on rows that everybody wants is left to `run_last`: its locks are taken when all else is written.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable, ReadOnlySqlTransaction, SerializationFailure

from common.problems import Problem

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class NoTransaction(RuntimeError):
    """A step was called without a transaction around it: its effect could be torn in half."""


@dataclass
class LastSteps:
    """What the open use case has left for its end."""

    steps: list[Callable[[], None]] = field(default_factory=list)
    gathered: dict[Callable[[list[Any]], None], list[Any]] = field(default_factory=dict)


_last_steps: ContextVar[LastSteps | None] = ContextVar("last_steps", default=None)


@contextmanager
def use_case() -> Iterator[None]:
    """Open the one durable transaction of a use case; refuses to be nested.

    Raises:
        OperationalError: the database is away or takes no writes.
    """
    with _read_only_is_an_outage(), transaction.atomic(durable=True):
        last = LastSteps()
        token = _last_steps.set(last)
        try:
            yield
        finally:
            _last_steps.reset(token)
        for step in last.steps:
            step()


@contextmanager
def _read_only_is_an_outage() -> Iterator[None]:
    """Let a database that takes no writes (a standby, a full disk's guard) count as away, not as a bug of the caller."""
    try:
        yield
    except InternalError as error:
        if isinstance(error.__cause__, ReadOnlySqlTransaction):
            raise OperationalError(str(error)) from error
        raise


def run_last(step: Callable[[], None]) -> None:
    """Run a step at the end of the open use case, before its COMMIT and after every other statement of it.

    For rows that everybody wants: a lock taken here lasts for the COMMIT only, not for the code in between. Steps run
    in the order in which they were given; one that raises undoes the whole use case.

    Raises:
        NoTransaction: no use case is open.
    """
    _steps_of_use_case("run_last").steps.append(step)


def run_last_together(step: Callable[[list[T]], None], item: T) -> None:
    """Leave an item to a step that takes all such items of the open use case at its end: many cost one statement.

    `step` is a function of a module, known by its identity; it runs once, in the place of its first item.

    Raises:
        NoTransaction: no use case is open.
    """
    last = _steps_of_use_case("run_last_together")
    if step not in last.gathered:
        items: list[T] = []
        last.gathered[step] = items
        last.steps.append(lambda: step(items))
    last.gathered[step].append(item)


def _steps_of_use_case(what: str) -> LastSteps:
    last = _last_steps.get()
    if last is None:
        raise NoTransaction(f"{what} was called outside a use case")
    return last


def run_alone(statement: Callable[[], R]) -> R:
    """Run one statement as a transaction of its own: BEGIN and COMMIT around it would cost as much again.

    It must be harmless to run twice: where the connection has died since its last use, it runs again on a new one.

    Raises:
        NoTransaction: a use case is open, so that the statement would not be alone.
        OperationalError: the database is away or takes no writes.
    """
    if _last_steps.get() is not None:
        raise NoTransaction("run_alone was called inside a use case")
    with _read_only_is_an_outage():
        try:
            return statement()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or connection.connection is None or not connection.connection.closed:
                raise
            connection.close()
            return statement()


def in_use_case(function: Callable[P, R]) -> Callable[P, R]:
    """Run the whole function as one use case."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with use_case():
            return function(*args, **kwargs)

    return run


def requires_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse to run outside a transaction.

    Raises:
        NoTransaction: the caller has opened none.
    """

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        demand_transaction(function.__qualname__)
        return function(*args, **kwargs)

    return guarded


def demand_transaction(what: str) -> None:
    """Raise NoTransaction unless a transaction is open; the one that a TestCase wraps around a test doesn't count."""
    if not any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise NoTransaction(f"{what} was called outside a transaction")


def wait_for_locks_at_most(seconds: int) -> None:
    """Let the open transaction fail with OperationalError rather than wait longer for somebody's lock."""
    demand_transaction("wait_for_locks_at_most")
    with connection.cursor() as sql:
        sql.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds}s"])


def gave_way(error: BaseException) -> bool:
    """Tell whether PostgreSQL has given a transaction up in favour of another one: the same again may well succeed.

    A deadlock, a lock that was waited for too long, or a snapshot that is out of date; the database is there.
    """
    return isinstance(error.__cause__, DeadlockDetected | LockNotAvailable | SerializationFailure)


@contextmanager
def violations(meaning: Mapping[str, Callable[[], Problem]]) -> Iterator[None]:
    """Turn a violated constraint into its error, by the constraint's name; the transaction is lost either way.

    Raises:
        Problem: the one that `meaning` gives for the violated constraint.
        IntegrityError: the violated constraint isn't listed.
    """
    try:
        yield
    except IntegrityError as error:
        name = violated_constraint(error)
        if name in meaning:
            raise meaning[name]() from error
        raise


def violated_constraint(error: IntegrityError) -> str:
    """Return the name of the constraint that PostgreSQL reported, or ''."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return (diagnostics.constraint_name or "") if diagnostics else ""
