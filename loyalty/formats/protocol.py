"""What a format is: adding one means a module beside this one and a line in `reading.FORMATS`."""

from typing import Any, Protocol

from loyalty.formats.understood import Understood


class Format(Protocol):
    """Turns a decoded body into what it means."""

    name: str

    def recognises(self, body: Any) -> bool:
        """Tell whether the decoded body (dict, list or scalar) is of this format."""
        ...

    def understand(self, body: Any, *, region: str) -> Understood:
        """Return the meaning; local phone numbers are read as of `region`.

        Raises:
            InvalidInput: with a pointer to everything that is wrong.
            UnsupportedAction
        """
        ...
