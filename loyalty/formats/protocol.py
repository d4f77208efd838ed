"""What a format is: adding one means a module beside this one and a line in `reading.FORMATS`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from loyalty.formats.understood import Understood


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How a shop writes: local phone numbers are of `region`, `names` are its own words for email, phone and name.

    Who only wants to know what an order is asks for it without its details.
    """

    region: str
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    with_details: bool = True


class Format(Protocol):
    """Turns a decoded body into what it means."""

    name: str

    def recognises(self, body: Any) -> bool:
        """Tell whether the decoded body (dict, list or scalar) is of this format."""
        ...

    def understand(self, body: Any, *, habits: Habits) -> Understood:
        """Return the meaning.

        Raises:
            InvalidInput: with a pointer to everything that is wrong.
            UnsupportedAction
        """
        ...
