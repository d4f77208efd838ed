"""What a view's code can reach: read from the code itself, so that the API's document can't fall behind it.

An example: `ReviewView.patch` uses the name `edit_review`; that function uses the name `StaleVersion`, which is a
Problem. So the document says that PATCH may answer 412. To see it for a view:
`reach_of([ReviewView.patch], owner=ReviewView).problems`.

How: a compiled function knows the names that it uses. Each name is looked up where the function itself would find it:
among its module's globals (in a module or a dict that is named, too), among the methods of its own class (`self.…`),
and in what a decorator has closed over. A Problem with a code is collected, a function of the product is followed in
the same way, everything else ends there.

What it misses: refusals raised behind a method of a local object (an adapter, a serializer); a view names those in
`further_problems`. What it adds: refusals that are named and never raised there. `tests/api/test_fuzz.py` fails when an
operation answers with a status that its document doesn't have.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import CodeType, FunctionType, ModuleType
from typing import Any

from django.conf import settings
from django.utils.functional import cached_property as django_cached_property

from common.problems import Problem

Step = tuple[FunctionType, type | None]


@dataclass(frozen=True)
class Reach:
    """Functions of the product that may run, and refusals that they name."""

    functions: frozenset[FunctionType]
    problems: frozenset[type[Problem]]

    def includes(self, function: Callable[..., Any]) -> bool:
        return function in self.functions


def reach_of(starts: Iterable[Any], *, owner: type | None = None) -> Reach:
    """Follow all names from these functions, which are methods of `owner` when it is given."""
    problems: set[type[Problem]] = set()
    seen: set[Step] = set()
    waiting = [(function, owner) for start in starts for function in _functions_in(start)]
    while waiting:
        step = waiting.pop()
        if step in seen:
            continue
        seen.add(step)
        for value, its_owner in _values_named_in(*step):
            if isinstance(value, type) and issubclass(value, Problem):
                if "code" in vars(value):
                    problems.add(value)
            else:
                waiting += [(function, its_owner) for function in _functions_in(value)]
    return Reach(frozenset(function for function, _ in seen), frozenset(problems))


def _functions_in(value: Any) -> list[FunctionType]:
    """Return the product's functions that a value is or wraps."""
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, cached_property | django_cached_property):
        value = value.func
    value = getattr(value, "__func__", value)
    found = []
    while isinstance(value, FunctionType):
        if _is_ours(value):
            found.append(value)
        value = getattr(value, "__wrapped__", None)
    return found


def _values_named_in(function: FunctionType, owner: type | None) -> Iterator[tuple[Any, type | None]]:
    """Yield what the names in a function stand for, each with the class whose `self` it gets."""
    names = set(_names(function.__code__))
    for name in names & set(function.__globals__):
        value = function.__globals__[name]
        if isinstance(value, ModuleType):
            yield from ((vars(value)[one], None) for one in names & set(vars(value)))
        elif isinstance(value, dict):
            yield from ((one, None) for one in value.values())
        elif not isinstance(value, type | FunctionType) and _is_ours(type(value)):
            yield from _methods(type(value), {*names, "__call__"})
        else:
            yield value, None
    for cell in function.__closure__ or ():
        yield cell.cell_contents, owner
    if owner is not None:
        yield from _methods(owner, names)


def _methods(owner: type, names: set[str]) -> Iterator[tuple[Any, type]]:
    """Yield those of the names that the product's classes among the ancestors define."""
    for one in owner.__mro__:
        if _is_ours(one):
            yield from ((vars(one)[name], owner) for name in names & set(vars(one)))


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that a function uses, those in its lambdas and inner functions too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_ours(thing: Any) -> bool:
    return thing.__module__.split(".")[0] in settings.OWN_APPS
