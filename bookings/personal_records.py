"""What bookings keep about people: stands at the port of accounts (config/wiring.py)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from bookings.services.erase_person import erase_person
from bookings.services.export_person import export_person


class RecordsOfBookings:
    """Seats, tickets, payments and waiting lists."""

    name: ClassVar[str] = "bookings"

    def tell(self, *, user_id: UUID) -> dict[str, Any]:
        return export_person(user_id=user_id)

    def erase(self, *, user_id: UUID, email: str, now: datetime) -> None:
        """Forget names, answers and addresses.

        Raises:
            BookingsAhead, MoneyOnItsWay
        """
        erase_person(user_id=user_id, email=email, now=now)
