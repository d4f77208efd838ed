"""How reports look in the API's document."""

from typing import Any

FIGURES: dict[str, Any] = {
    "views": 1240,
    "visitors": 800,
    "holds": 60,
    "confirmed": 48,
    "seats": 96,
    "cancelled": 3,
    "revenue": "432000.00",
    "refunds": "13500.00",
}
DATES = {"date_from": "2030-05-01", "date_to": "2030-05-30"}
EVENT = {"event_id": "01976e3c-8d2a-7c31-9b1e-0242ac120002", "title": "Сплав по Катуни"}
IN_ROUBLES = FIGURES | {"currency": "RUB"}
EVENT_REPORT = {
    **EVENT,
    "currency": "RUB",
    **DATES,
    "totals": FIGURES,
    "conversion": {"visitor_to_hold": "0.0750", "hold_to_confirmed": "0.8000"},
    "days": [FIGURES | {"day": "2030-05-01"}],
}
ORGANIZER_REPORT = {
    "organizer_id": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a01",
    "name": "Белая вода",
    **DATES,
    "totals": [IN_ROUBLES],
    "events": [EVENT | IN_ROUBLES],
}
PLATFORM_REPORT = {
    "periods": {"days_30": {**DATES, "new_users": 312, "totals": [IN_ROUBLES]}},
    "top_events": [EVENT | IN_ROUBLES],
    "moderation": {"waiting": 4, "reported": 1, "oldest_at": "2030-05-30T06:09:25Z"},
}
