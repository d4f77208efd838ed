"""Facts of the other apps, as their own classes state them."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from bookings.domain_events import FactItem

BOOKING: dict[str, Any] = {
    "booking_id": uuid.uuid4(),
    "event_id": uuid.uuid4(),
    "event_title": "Сплав по Катуни",
    "organizer_id": uuid.uuid4(),
    "starts_at": datetime(2026, 7, 5, 2, 0, tzinfo=UTC),
    "time_zone": "Asia/Barnaul",
    "city": "Горно-Алтайск",
    "venue": "Лагерь на Катуни",
    "seats": 2,
    "amount": Decimal("3000.00"),
    "currency": "RUB",
    "items": [FactItem(ticket_type_id=uuid.uuid4(), name="Взрослый", quantity=2)],
}
REVIEW: dict[str, Any] = {
    "review_id": uuid.uuid4(),
    "event_id": uuid.uuid4(),
    "event_title": "Сплав по Катуни",
    "organizer_id": uuid.uuid4(),
    "rating": 5,
}
PERSON: dict[str, Any] = {
    "phone": "",
    "display_name": "Анна",
    "locale": "en",
    "time_zone": "Asia/Omsk",
    "birth_on": date(1990, 5, 17),
}
