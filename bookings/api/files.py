"""How answers that are files look in the API's document."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse


def file_answer(beginning: str) -> OpenApiResponse:
    """Describe a file by how it begins."""
    example = OpenApiExample("The beginning of the file", value=beginning, response_only=True, status_codes=["200"])
    return OpenApiResponse(OpenApiTypes.BINARY, "The file", examples=[example])
