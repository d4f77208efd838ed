"""How bookings look in the API's document."""

from typing import Any

EVENT_ID = "01976e3c-8d2a-7c31-9b1e-0242ac120002"
TICKET_TYPE_ID = "01976e3c-8d2b-7f10-8a57-0242ac120002"
BOOKING_ID = "01976e40-1c55-7a02-b3c4-0242ac120002"
LINE = {
    "ticket_type": TICKET_TYPE_ID,
    "name": "Взрослый",
    "quantity": 2,
    "price": {"amount": "4500.00", "currency": "RUB"},
    "total": {"amount": "9000.00", "currency": "RUB"},
    "discount": {"amount": "900.00", "currency": "RUB"},
}
DISCOUNT = {"amount": "900.00", "currency": "RUB"}
WORTH = {"amount": "100.00", "currency": "RUB"}
TOTAL = {"amount": "8000.00", "currency": "RUB"}
BOOKING: dict[str, Any] = {
    "id": BOOKING_ID,
    "event": {
        "id": EVENT_ID,
        "title": "Сплав по Катуни",
        "status": "published",
        "starts_at": "2030-06-14T03:00:00Z",
        "ends_at": "2030-06-14T11:00:00Z",
        "time_zone": "Asia/Barnaul",
        "city": "Чемал",
        "venue": "Лагерь на Катуни",
    },
    "status": "held",
    "seats": 2,
    "items": [LINE],
    "promo_code": "RANO-10",
    "discount": DISCOUNT,
    "points": "100.00",
    "points_worth": WORTH,
    "total": TOTAL,
    "hold_expires_at": "2030-05-01T09:15:00Z",
    "next_action": "pay",
    "cancellable_until": "2030-06-12T03:00:00Z",
    "cancelled_by": "",
    "cancel_reason": "",
    "created_at": "2030-05-01T09:00:00Z",
    "confirmed_at": None,
    "cancelled_at": None,
    "version": 1,
}
ATTENDEE = {"id": "01976e3c-0b11-7d5e-8c90-0242ac120002", "name": "Анна", "email": "anna@example.com"}
QUESTION_ID = "01976e3c-8d2c-7a44-b0de-0242ac120002"
EVENT_BOOKING = BOOKING | {
    "status": "confirmed",
    "next_action": "none",
    "confirmed_at": "2030-05-01T09:04:00Z",
    "version": 2,
    "user": ATTENDEE,
    "answers": [{"question": "Рост, см", "ticket_type": "Взрослый", "seat": 1, "value": "176"}],
}
QUOTE = {
    "items": [LINE],
    "subtotal": LINE["total"],
    "promo_code": "RANO-10",
    "discount": DISCOUNT,
    "points": {"points": "100.00", "worth": WORTH, "why_fewer": "balance"},
    "total": TOTAL,
    "questions": [
        {
            "id": QUESTION_ID,
            "ticket_type": None,
            "kind": "text",
            "prompt": "Рост, см",
            "text": "",
            "choices": [],
            "is_required": True,
            "position": 0,
        }
    ],
}
REFUND_QUOTE = {
    "amount": {"amount": "3500.00", "currency": "RUB"},
    "points": "50.00",
    "rule": "band",
    "percent": "50.00",
    "hours_before": 48,
    "fee": {"amount": "500.00", "currency": "RUB"},
    "curve": [
        {"until": "2030-06-07T03:00:00Z", "percent": "100.00", "amount": {"amount": "7500.00", "currency": "RUB"}},
        {"until": "2030-06-12T03:00:00Z", "percent": "50.00", "amount": {"amount": "3500.00", "currency": "RUB"}},
    ],
}
PAYMENT = {
    "id": "01976e41-77d0-7b1c-a9f2-0242ac120002",
    "provider": "sandbox",
    "status": "pending",
    "total": TOTAL,
    "confirmation_url": "https://aquastream.example/sandbox/pay/01976e41-7a3e-7c44-8d15-0242ac120002/",
}
TICKET = {
    "id": "01976e42-90ab-7e61-b7d3-0242ac120002",
    "ticket_type": TICKET_TYPE_ID,
    "ticket_type_name": "Взрослый",
    "holder_name": "Анна",
    "code": "MFRGGZDFMZTWQ2LK.q8Yx2c",
    "checked_in_at": None,
    "gate": "",
}
CHECK_IN = {
    "id": "01976e42-90ab-7e61-b7d3-0242ac120002",
    "ticket_type_name": "Взрослый",
    "holder_name": "Анна",
    "booking": BOOKING_ID,
    "booking_seats": 2,
    "checked_in_at": "2030-06-14T02:41:00Z",
    "gate": "Главный вход",
}
WANTED = {
    "event": EVENT_ID,
    "items": [{"ticket_type": TICKET_TYPE_ID, "quantity": 2}],
    "promo_code": "RANO-10",
    "use_points": "100.00",
    "answers": [
        {"question": QUESTION_ID, "ticket_type": TICKET_TYPE_ID, "seat": 1, "value": "176"},
        {"question": QUESTION_ID, "ticket_type": TICKET_TYPE_ID, "seat": 2, "value": "182"},
    ],
}
SANDBOX_NOTICE = {
    "type": "payment.changed",
    "payment": {
        "id": "01976e41-7a3e-7c44-8d15-0242ac120002",
        "key": PAYMENT["id"],
        "status": "succeeded",
        "amount": TOTAL,
    },
}
