"""Rows on the wire and bodies from it, without building the serializer anew for each.

REST framework copies and derives all fields for every instance of a serializer. To represent something, or to validate
what is handed to it, a serializer only reads them: one instance per class serves all requests.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import BaseSerializer


def represented(serializer: Callable[[], BaseSerializer[Any]], row: Any) -> Any:
    """Return what `serializer(row).data` holds; for serializers that don't ask who is reading."""
    return _shared(serializer).to_representation(row)


def validated(serializer: Callable[..., BaseSerializer[Any]], body: Any) -> Any:
    """Return what `serializer(data=body)` has in `validated_data`; for serializers that don't look at `initial_data`.

    Raises:
        ValidationError: as from `is_valid(raise_exception=True)`.
    """
    try:
        return _shared(serializer).run_validation(body)
    except ValidationError:
        # A new one says it as it always does, also of a body that is none at all.
        serializer(data=body).is_valid(raise_exception=True)
        raise


@cache
def _shared(serializer: Callable[[], BaseSerializer[Any]]) -> BaseSerializer[Any]:
    return serializer()
