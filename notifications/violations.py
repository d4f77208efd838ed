"""Name everything that is wrong with a document at once: msgspec itself stops at the first error.

The types are ordinary msgspec ones; each leaf is still judged by msgspec.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from django.utils.translation import gettext

from common.problems import FieldProblem
from notifications.violation_words import said_by_msgspec

# What the database can keep and give back in any zone.
EARLIEST_YEAR, LATEST_YEAR = 1900, 9998


def violations_of(given: Any, expected: Any, pointer: str = "") -> Iterator[FieldProblem]:
    """Yield each violation with its JSON Pointer, in the order of the schema; nothing when `given` fits."""
    bare = get_args(expected)[0] if get_origin(expected) is Annotated else expected
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        yield from _in_object(given, bare, pointer)
    elif get_origin(bare) is list and isinstance(given, list):
        inner = [one for index, item in enumerate(given) for one in _in_item(item, bare, f"{pointer}/{index}")]
        yield from inner or _in_leaf(given, expected, pointer)
    else:
        yield from _in_leaf(given, expected, pointer)


def escaped(name: str) -> str:
    """Return a member's name as a step of a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _in_item(item: Any, list_type: Any, pointer: str) -> Iterator[FieldProblem]:
    return violations_of(item, get_args(list_type)[0], pointer)


def _in_object(given: Any, struct: type[msgspec.Struct], pointer: str) -> Iterator[FieldProblem]:
    if not isinstance(given, dict):
        yield FieldProblem(pointer, "invalid_type", gettext("An object is expected here."))
        return
    hints = get_type_hints(struct, include_extras=True)
    fields = msgspec.structs.fields(struct)
    for field in fields:
        here = f"{pointer}/{escaped(field.encode_name)}"
        if field.encode_name in given:
            yield from violations_of(given[field.encode_name], hints[field.name], here)
        elif field.required:
            yield FieldProblem(here, "required", gettext("This field is required."))
    known = {field.encode_name for field in fields}
    for name in given:
        if name not in known:
            detail = gettext("This field is not known here.")
            yield FieldProblem(f"{pointer}/{escaped(name)}", "unknown_field", detail)


def _in_leaf(given: Any, expected: Any, pointer: str) -> Iterator[FieldProblem]:
    try:
        read = msgspec.convert(given, expected, strict=True)
    except msgspec.ValidationError as error:
        code = "invalid_type" if ", got `" in str(error) else "invalid_value"
        yield FieldProblem(pointer, code, said_by_msgspec(str(error)))
        return
    if isinstance(given, str) and "\x00" in given:
        yield FieldProblem(pointer, "invalid_value", gettext("The character NUL is not allowed."))
    if isinstance(read, date | datetime) and not EARLIEST_YEAR <= read.year <= LATEST_YEAR:
        yield FieldProblem(pointer, "invalid_value", gettext("The year is out of range."))
