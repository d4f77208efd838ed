"""Form-encoded bodies with bracket keys, as PHP reads them: `payment[products][0][name]=…`."""

from typing import Any
from urllib.parse import parse_qsl

from loyalty.formats.understood import UnreadableBody

MOST_FIELDS = 20_000
DEEPEST = 8


def read_form(body: bytes) -> dict[str, Any]:
    """Return the fields, nested by their brackets; keys that count from 0 become lists.

    Raises:
        UnreadableBody: it has no field at all, or more than 20,000.
    """
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise UnreadableBody(str(error)) from error
    if not pairs or "=" not in body.decode("latin-1"):
        raise UnreadableBody
    root: dict[str, Any] = {}
    for key, value in pairs:
        _put(root, _steps(key), value)
    return {key: _lists(inner) for key, inner in root.items()}


def _steps(key: str) -> list[str]:
    """Split `a[b][0]` into a, b, 0; a key that isn't written so is one step."""
    first, bracket, rest = key.partition("[")
    if not first or not bracket or not rest.endswith("]"):
        return [key]
    return [first, *rest[:-1].split("][")][:DEEPEST]


def _put(root: dict[str, Any], steps: list[str], value: str) -> None:
    place = root
    for step in steps[:-1]:
        inner = place.get(step or str(len(place)))
        if not isinstance(inner, dict):
            inner = {}
            place[step or str(len(place))] = inner
        place = inner
    place[steps[-1] or str(len(place))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(one) for key, one in value.items()}
    if inner and set(inner) == {str(index) for index in range(len(inner))}:
        return [inner[str(index)] for index in range(len(inner))]
    return inner
