"""What a view's code can reach: read from the code itself, so that the API's document can't fall behind it.

Follows names through the functions of the product, as far as names go: a refusal raised behind an object's method (an
adapter, a serializer) is not seen, and a view names it in `further_problems`.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import CodeType, FunctionType, ModuleType
from typing import Any

from django.conf import settings

from common.problems import Problem


@dataclass(frozen=True)
class Reach:
    """Functions of the product that may run, and refusals that they name."""

    functions: frozenset[FunctionType]
    problems: frozenset[type[Problem]]

    def includes(self, function: Callable[..., Any]) -> bool:
        return function in self.functions


def reach_of(starts: Iterable[Any], *, owner: type | None = None) -> Reach:
    """Follow all names from these functions; attributes are looked for on `owner`, the class of `self`."""
    functions: set[FunctionType] = set()
    problems: set[type[Problem]] = set()
    waiting = [function for start in starts for function in _functions_in(start)]
    while waiting:
        function = waiting.pop()
        if function in functions:
            continue
        functions.add(function)
        for value in _values_named_in(function, owner):
            if isinstance(value, type) and issubclass(value, Problem):
                if "code" in vars(value):
                    problems.add(value)
            else:
                waiting += _functions_in(value)
    return Reach(frozenset(functions), frozenset(problems))


def _functions_in(value: Any) -> list[FunctionType]:
    """Return the product's functions that a value is or wraps."""
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, cached_property) or type(value).__name__ == "cached_property":
        value = value.func
    elif isinstance(value, staticmethod | classmethod):
        value = value.__func__
    value = getattr(value, "__func__", value)
    found = []
    while isinstance(value, FunctionType):
        if value.__module__.split(".")[0] in settings.OWN_APPS:
            found.append(value)
        value = getattr(value, "__wrapped__", None)
    return found


def _values_named_in(function: FunctionType, owner: type | None) -> Iterator[Any]:
    names = set(_names(function.__code__))
    modules = []
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            modules.append(value)
        elif isinstance(value, dict):
            yield from value.values()
        elif value is not None:
            yield value
        if owner is not None and name in _own_names(owner):
            yield inspect.getattr_static(owner, name)
    for module in modules:
        yield from (vars(module)[name] for name in names if name in vars(module))
    for cell in function.__closure__ or ():
        yield cell.cell_contents


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that a function uses, those in its lambdas and inner functions too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _own_names(owner: type) -> set[str]:
    """Return what the product's classes among the ancestors define."""
    ours = (one for one in owner.__mro__ if one.__module__.split(".")[0] in settings.OWN_APPS)
    return {name for one in ours for name in vars(one)}
