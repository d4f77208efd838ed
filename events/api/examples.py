"""Examples of the API document."""

from drf_spectacular.utils import OpenApiExample

TICKET_TYPE_INPUT = {
    "name": "Взрослый",
    "price": {"amount": "4500.00", "currency": "RUB"},
    "capacity": 24,
    "max_per_booking": 6,
}
EVENT_INPUT = {
    "title": "Сплав по Катуни",
    "summary": "Четыре порога за один день, с инструкторами и обедом на берегу.",
    "description": "Собираемся в **Чемале**, проходим инструктаж и идём вниз по реке.",
    "category": "rafting",
    "age_rating": "12+",
    "city": "Чемал",
    "venue": "Лагерь на Катуни",
    "address": "ул. Береговая, 1",
    "starts_at": "2030-06-14T03:00:00Z",
    "ends_at": "2030-06-14T11:00:00Z",
    "time_zone": "Asia/Barnaul",
    "refund_policy": {"bands": [{"hours_before": 168, "percent": 100}, {"hours_before": 48, "percent": 50}]},
    "ticket_types": [TICKET_TYPE_INPUT],
}
TICKET_TYPE = {
    "id": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a11",
    "name": "Взрослый",
    "price": {"amount": "4500.00", "currency": "RUB"},
    "sale": "open",
    "sale_opens_at": None,
    "sale_closes_at": None,
    "min_per_booking": 1,
    "max_per_booking": 6,
    "position": 0,
    "access_code": None,
    "availability": "available",
    "seats": None,
}
CARD: dict[str, object] = {
    "id": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a10",
    "slug": "splav-po-katuni",
    "url": "https://aquastream.example/events/splav-po-katuni-0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a10/",
    "title": "Сплав по Катуни",
    "summary": "Четыре порога за один день, с инструкторами и обедом на берегу.",
    "snippet": None,
    "category": {"slug": "rafting", "name": "Рафтинг"},
    "organizer": {"id": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a01", "slug": "belaya-voda", "name": "Белая вода"},
    "cover": "/static/img/covers/rafting-day.svg",
    "tags": [],
    "status": "published",
    "language": "ru",
    "age_rating": "12+",
    "city": "Чемал",
    "venue": "Лагерь на Катуни",
    "online": False,
    "starts_at": "2030-06-14T03:00:00Z",
    "ends_at": "2030-06-14T11:00:00Z",
    "time_zone": "Asia/Barnaul",
    "price_from": {"amount": "4500.00", "currency": "RUB"},
    "availability": "available",
    "rating": "4.85",
    "distance_km": None,
}
EVENT = {name: value for name, value in CARD.items() if name not in ("snippet", "distance_km")} | {
    "description": "Собираемся в **Чемале**, проходим инструктаж и идём вниз по реке.",
    "address": None,
    "latitude": None,
    "longitude": None,
    "address_is_public": False,
    "online_url": None,
    "contact": None,
    "details": "limited",
    "currency": "RUB",
    "capacity": None,
    "refund_policy": {"bands": [{"hours_before": 168, "percent": 100}, {"hours_before": 48, "percent": 50}]},
    "cancellable_hours_before": 24,
    "doors_open_hours_before": None,
    "counts_unscanned": True,
    "status_reason": "",
    "ticket_types": [TICKET_TYPE],
    "published_at": "2030-05-01T09:00:00Z",
    "version": 2,
}
AVAILABILITY = {"availability": "few", "seats": None, "ticket_types": [TICKET_TYPE | {"availability": "few"}]}
CALENDAR = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Сплав по Катуни\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
BULK_OPERATION = {
    "id": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a41",
    "action": "cancel",
    "status": "finished",
    "created_at": "2030-06-01T09:00:00Z",
    "finished_at": "2030-06-01T09:00:02Z",
    "progress": {"total": 1, "pending": 0, "done": 1, "refused": 0, "failed": 0},
    "items": [
        {
            "event": CARD["id"],
            "title": CARD["title"],
            "status": "done",
            "code": "",
            "detail": "",
            "settled_at": "2030-06-01T09:00:01Z",
        }
    ],
}


def sent(value: object) -> OpenApiExample:
    return OpenApiExample("Request", value=value, request_only=True)


def answered(value: object) -> OpenApiExample:
    return OpenApiExample("Response", value=value, response_only=True)


def accepted(value: object) -> OpenApiExample:
    return OpenApiExample("Response", value=value, response_only=True, status_codes=["202"])


def uploaded(value: object) -> OpenApiExample:
    return OpenApiExample("Request", value=value, request_only=True, media_type="multipart/form-data")
