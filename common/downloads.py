"""Files as answers."""

from django.http import HttpResponse


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
