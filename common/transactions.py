"""Where a transaction begins, and who may only run inside one.

A use case is one durable transaction, opened at the edge (view, handler runner, task, command) with `use_case()`.
Services are steps: `@requires_transaction` makes them refuse to run outside one, so that they compose.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, connection, transaction

from common.problems import Problem

P = ParamSpec("P")
R = TypeVar("R")


class NoTransaction(RuntimeError):
    """A step was called without a transaction around it: its effect could be torn in half."""


@contextmanager
def use_case() -> Iterator[None]:
    """Open the one durable transaction of a use case; refuses to be nested."""
    with transaction.atomic(durable=True):
        yield


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
