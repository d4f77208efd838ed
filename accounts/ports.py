"""What accounts needs now from apps above it: implemented there, joined in config/wiring.py."""

from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID


class PersonalRecords(Protocol):
    """What one app keeps about people."""

    # The file of this part in an export.
    name: ClassVar[str]

    def tell(self, *, user_id: UUID) -> dict[str, Any]:
        """Return everything kept about the person: dicts, lists and plain values; statements don't grow with the rows."""

    def erase(self, *, user_id: UUID, email: str, now: datetime) -> None:
        """Forget the person in the caller's transaction: what others need stays, with ids only. Done again, it is nothing.

        `email` is the address that others may have known them by.

        Raises:
            Problem: something that the person has to settle first.
        """


class Joined:
    """What stands at the port now."""

    records: tuple[PersonalRecords, ...] = ()


def personal_records() -> tuple[PersonalRecords, ...]:
    """Return the parts of the apps above."""
    return Joined.records


def join_personal_records(*records: PersonalRecords) -> None:
    """Let the apps above add their parts, in the order of an export; called once, while the process starts."""
    Joined.records = records
