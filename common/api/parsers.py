"""JSON bodies, refused where the database or the interpreter would choke on them."""

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.utils import json as strict_json

from common.problems import FieldProblem, InvalidInput, Problem


class BodyTooLarge(Problem):
    """The body is larger than this operation takes."""

    code = "body_too_large"
    status = 413
    title = "The body is too large."


class JSONParser(BaseParser):
    """Reads UTF-8 JSON (RFC 8259) of a bounded size, without NaN, NUL and lone surrogates."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the parsed body.

        Raises:
            BodyTooLarge, InvalidInput
            ParseError: it is not JSON.
        """
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge()
        try:
            text = body.decode()
            parsed = json.loads(text, parse_constant=strict_json.strict_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError(gettext("The body is not JSON: %(why)s") % {"why": _reason(error)}) from error
        if "\\u0000" in text or "\\ud" in text.lower():
            _demand_storable(parsed)
        return parsed


def _reason(error: Exception) -> str:
    return gettext("it is nested too deeply.") if isinstance(error, RecursionError) else str(error)


def _demand_storable(parsed: Any) -> None:
    """Refuse text that is no text: PostgreSQL stores neither NUL nor half a character."""
    detail = gettext("NUL and lone surrogates are not allowed in text.")
    found = tuple(FieldProblem(pointer, "not_text", detail) for pointer in _unstorable(parsed, ""))
    if found:
        raise InvalidInput(errors=found)


def _unstorable(value: Any, pointer: str) -> Iterator[str]:
    if isinstance(value, str) and not is_storable(value):
        yield pointer
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unstorable(inner, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not is_storable(key):
                yield pointer
            else:
                yield from _unstorable(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")


def is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)
