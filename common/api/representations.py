"""How rows look on the wire, without building the serializer anew for each.

REST framework copies and derives all fields for every instance of a serializer. To represent something, a serializer
only reads them: one instance per class serves all requests. Parsing keeps the body on the serializer, so it is not for that.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from rest_framework.serializers import BaseSerializer


def represented(serializer: Callable[[], BaseSerializer[Any]], row: Any) -> Any:
    """Return what `serializer(row).data` holds; for serializers that don't ask who is reading."""
    return _shared(serializer).to_representation(row)


@cache
def _shared(serializer: Callable[[], BaseSerializer[Any]]) -> BaseSerializer[Any]:
    return serializer()
