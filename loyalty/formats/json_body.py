"""JSON with exact numbers."""

from decimal import Decimal
from typing import Any

import msgspec

from loyalty.formats.understood import UnreadableBody

# Numbers with a point become exact decimals: money never passes through a float.
_json = msgspec.json.Decoder(float_hook=Decimal)


def read_json(text: bytes | str) -> Any:
    """Return the decoded JSON.

    Raises:
        UnreadableBody
    """
    try:
        return _json.decode(text)
    except (msgspec.DecodeError, ArithmeticError, UnicodeError, RecursionError) as error:
        raise UnreadableBody(str(error)[:200]) from error
