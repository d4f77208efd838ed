"""Lists that are fetched again and again: a digest of the answer as its ETag, and 304 while nothing has changed."""

import hashlib
from typing import Any

from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response


def answer_unless_known(request: Request, data: Any) -> Response:
    """Return the data, or 304 when If-None-Match has its digest."""
    etag = f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if etag in [one.removeprefix("W/") for one in known]:
        return Response(status=304, headers=headers)
    return Response(data, headers=headers)
