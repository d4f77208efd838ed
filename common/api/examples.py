"""Examples that stand with the shape they show, for every operation that answers in it."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

S = TypeVar("S", bound=Callable[..., Any])


def shown_as(value: Any) -> Callable[[S], S]:
    """Show a serializer's answers in the API's document like this; a view may have an example of its own."""
    example = OpenApiExample("Answer", value=value, response_only=True)
    return extend_schema_serializer(examples=[example])
