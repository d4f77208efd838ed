"""How loyalty looks in the API's document."""

from typing import Any

PROJECT: dict[str, Any] = {
    "id": "01997b1e-0d2c-7f10-8a57-0f6f3f0f5b01",
    "name": "Boats and Paddles",
    "is_active": True,
    "signature_mode": "optional",
    "base_percent": "5.00",
    "currency": "RUB",
    "rounding": "cents_half_up",
    "basis": "paid_amount",
    "accrue_on": "paid",
    "pending_days": 0,
    "bonus_lifetime_days": 365,
    "grace_days": 7,
    "expiry_warning_days": 7,
    "spend_max_percent": "50.00",
    "spend_min_order": "0.00",
    "level_window_days": 365,
    "referrer_bonus": "0.00",
    "referred_bonus": "0.00",
    "referral_limit": 50,
    "telegram_bot": "",
    "default_region": "RU",
    "rate_limit_per_minute": 100,
    "connected_at": "2026-06-02T07:12:00Z",
    "created_at": "2026-06-01T09:00:00Z",
}
SECRET = "q0cZ4m0WlYz1f3o8JtP2eXkq5Vb7NnRrTgHsUaDiEwM"  # noqa: S105  (an example)
ROTATED = {"webhook_secret": SECRET, "webhook_url": f"https://aquastream.example/api/webhook/{SECRET}"}
OPENED = {"project": PROJECT | {"connected_at": None}, **ROTATED, "signing_key": "whsec_bGV0IG1lIGluIHBsZWFzZQ=="}
CUSTOMER = {
    "id": "01997b1e-3a41-7c02-9d15-0f6f3f0f5b02",
    "email": "anna@example.com",
    "phone": "+79001234567",
    "name": "Анна",
    "birth_on": "1990-04-12",
    "active_points": "250.00",
    "pending_points": "0.00",
    "created_at": "2026-06-02T07:12:00Z",
}
TRANSACTION: dict[str, Any] = {
    "id": "01997b1e-7d1a-7c52-9a51-0f6f3f0f5b03",
    "kind": "accrual",
    "order_id": "ORDER-123",
    "active_points": "250.00",
    "pending_points": "0.00",
    "posted_at": "2026-06-02T07:12:00Z",
}
EXPLANATION = TRANSACTION | {
    "explanation": {
        "rules": [{"rule": "base_percent", "percent": "5.00", "points": "250.00"}],
        "inputs": {"amount": "5000", "basis": "paid_amount", "basis_amount": "5000", "rounding": "cents_half_up"},
        "formula": "5000 × 5.00 % = 250.00",
        "points": "250.00",
    },
    "entries": [
        {"account": "active", "lot": "01997b1e-7d1b-7a10-8e22-0f6f3f0f5b04", "amount": "250.00"},
        {"account": "issued", "lot": None, "amount": "-250.00"},
    ],
}
WEBHOOK = {
    "id": "01997b1e-7d1a-7c52-9a51-0f6f3f0f5b11",
    "format": "standard",
    "action": "purchase",
    "webhook_id": "",
    "signed_with": "standard",
    "status": "processed",
    "attempts": 1,
    "last_error": "",
    "result": {"accrued": "250.00"},
    "size_bytes": 128,
    "received_at": "2026-06-02T07:12:00Z",
    "finished_at": "2026-06-02T07:12:00Z",
}
