"""Answers that are files: how they are sent, and how they look in the API's document."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse


def as_download(content: bytes, kind: str, name: str) -> HttpResponse:
    """Return a file that only its owner may keep."""
    return HttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def file_answer(beginning: str) -> OpenApiResponse:
    """Describe a file by how it begins."""
    example = OpenApiExample("The beginning of the file", value=beginning, response_only=True, status_codes=["200"])
    return OpenApiResponse(OpenApiTypes.BINARY, "The file", examples=[example])
