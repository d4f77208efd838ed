"""Optimistic locking: `version` as ETag, read back from If-Match."""

import re

from rest_framework.request import Request
from rest_framework.response import Response

from common.problems import InvalidInput, VersionRequired


def expected_version(request: Request) -> int | None:
    """Return the version in If-Match, or None when the header is missing or `*`.

    Raises:
        InvalidInput: the header isn't an ETag of ours.
    """
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    match = re.fullmatch(r'\s*"v(\d{1,18})"\s*', given)
    if match is None:
        raise InvalidInput('If-Match must be an ETag like "v3".')
    return int(match[1])


def required_version(request: Request) -> int:
    """Return the version in If-Match.

    Raises:
        VersionRequired: there is none.
    """
    version = expected_version(request)
    if version is None:
        raise VersionRequired()
    return version


def with_etag(response: Response, version: int) -> Response:
    """Add the ETag that a later change sends back."""
    response["ETag"] = f'"v{version}"'
    response["Cache-Control"] = "private, no-cache"
    return response
