"""The webhook in the OpenAPI document: a plain view, so what DRF would tell about itself is written here."""

from typing import Any

from common.api.schema import PROBLEM

PURCHASE = {
    "action": "purchase",
    "payload": {"email": "user@example.com", "phone": "+79001234567", "amount": 5000, "orderId": "ORDER-123"},
}
BATCH = {
    "action": "batch_purchase",
    "payload": {
        "purchases": [{"email": "user1@example.com", "amount": 1000}, {"email": "user2@example.com", "amount": 2000}]
    },
}
BALANCE = {"action": "get_balance", "payload": {"email": "user@example.com"}}
REGISTER = {"action": "register_user", "payload": {"email": "user@example.com", "name": "Anna"}}
SPEND = {
    "action": "spend_bonuses",
    "payload": {"email": "user@example.com", "bonuses": 100, "orderId": "ORDER-124", "orderAmount": 3000},
}
TILDA = [{"name": "Anna", "email": "user@example.com", "payment": {"amount": "5000", "orderid": "tilda_123"}}]
SAMPLES = {
    "purchase": PURCHASE,
    "batch_purchase": BATCH,
    "register_user": REGISTER,
    "get_balance": BALANCE,
    "spend_bonuses": SPEND,
    "tilda": TILDA,
}
REFUSALS = {
    "400": "The body is not understood; `errors` points at what",
    "401": "The secret is unknown, or the signature missing or wrong",
    "403": "The project is switched off",
    "404": "get_balance, spend_bonuses: there is no such customer",
    "409": "spend_bonuses: not enough points, or too large a part of the order",
    "413": "The body is larger than 5 MB",
    "415": "The body is encoded",
    "422": "The webhook-id or the order is known with other contents",
    "429": "Too many requests in a minute (never for Tilda)",
}
HEADERS = {
    "webhook-id": "Standard Webhooks: the id of this message",
    "webhook-timestamp": "Standard Webhooks: Unix seconds, ± 300",
    "webhook-signature": "Standard Webhooks: v1,<base64>",
    "X-Signature": "t=<unix>,v1=<hex>, or <hex> over the body",
}
ANSWER = {
    "type": "object",
    "required": ["status", "webhookId"],
    "properties": {
        "status": {"type": "string", "enum": ["accepted", "duplicate", "processed"]},
        "webhookId": {"type": "string", "format": "uuid"},
    },
    "additionalProperties": True,
}
TAKEN = {
    "description": "Taken. Tilda gets `ok`, others the id of what was stored.",
    "content": {
        "application/json": {
            "schema": ANSWER,
            "example": {"status": "accepted", "webhookId": "01997b1e-7d1a-7c52-9a51-0f6f3f0f5b11"},
        },
        "text/plain": {"schema": {"type": "string"}, "example": "ok"},
    },
}


def document_webhook(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the webhook to the document (a postprocessing hook of drf-spectacular)."""
    result["paths"]["/api/webhook/{webhookSecret}"] = {
        "post": {
            "operationId": "webhook_receive",
            "summary": "Send purchases from a shop",
            "description": "Kept before it is answered, worked on after. Sending the same again changes nothing.",
            "tags": ["webhook"],
            "security": [{}],
            "parameters": _parameters(),
            "requestBody": {"required": True, "content": _bodies()},
            "responses": {"200": TAKEN} | {status: _refusal(meaning) for status, meaning in REFUSALS.items()},
        }
    }
    return result


def _parameters() -> list[dict[str, Any]]:
    text = {"type": "string"}
    secret = {"in": "path", "name": "webhookSecret", "required": True, "schema": text}
    headers = [
        {"in": "header", "name": name, "description": meaning, "schema": text} for name, meaning in HEADERS.items()
    ]
    return [secret, *headers]


def _bodies() -> dict[str, Any]:
    return {
        "application/json": {
            "schema": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
            "examples": {name: {"value": value} for name, value in SAMPLES.items()},
        },
        "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
    }


def _refusal(meaning: str) -> dict[str, Any]:
    return {"description": meaning, "content": {"application/problem+json": {"schema": PROBLEM}}}
