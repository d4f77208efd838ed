"""How documents write a type."""

import types
import typing


def type_name(hint: object) -> str:
    """Return a type as a reader would write it: `str`, `list[str]`, `datetime | None`."""
    if hint is type(None):
        return "null"
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_name(one) for one in arguments)
    if origin is not None:
        inner = ", ".join(type_name(one) for one in arguments if one is not Ellipsis)
        return f"{getattr(origin, '__name__', origin)}[{inner}]"
    return getattr(hint, "__name__", str(hint))
