"""The webhook in the OpenAPI document: a plain view, so what DRF would tell about itself is written here."""

from typing import Any

from common.api import document
from common.api.document import Refusal
from common.api.reach import reach_of
from loyalty.api.webhook import webhook

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
REFUND = {"action": "refund_purchase", "payload": {"orderId": "ORDER-123", "refundId": "R-1", "amount": 1000}}
TILDA = [{"name": "Anna", "email": "user@example.com", "payment": {"amount": "5000", "orderid": "tilda_123"}}]
SAMPLES: dict[str, Any] = {
    "purchase": PURCHASE,
    "batch_purchase": BATCH,
    "register_user": REGISTER,
    "get_balance": BALANCE,
    "spend_bonuses": SPEND,
    "refund_purchase": REFUND,
    "tilda": TILDA,
}


def document_webhook(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the webhook to the document (a postprocessing hook of drf-spectacular)."""
    answer = {
        "type": "object",
        "required": ["status", "webhookId"],
        "properties": {
            "status": {"type": "string", "enum": ["accepted", "duplicate", "processed"]},
            "webhookId": {"type": "string", "format": "uuid"},
        },
        "additionalProperties": True,
    }
    json_body = {
        "schema": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
        "examples": {name: {"value": value} for name, value in SAMPLES.items()},
    }
    taken = {
        "description": "Taken. Tilda gets `ok`, others the id of what was stored.",
        "content": {
            "application/json": {
                "schema": answer,
                "example": {"status": "accepted", "webhookId": "01997b1e-7d1a-7c52-9a51-0f6f3f0f5b11"},
            },
            "text/plain": {"schema": {"type": "string"}, "example": "ok"},
        },
    }
    refusals = document.by_status(Refusal.of(problem) for problem in reach_of([webhook]).problems)
    component = document.component_of(result)
    refused = {status: document.problem_response(group, component=component) for status, group in refusals.items()}
    header = {"in": "header", "schema": {"type": "string"}, "required": False}
    result["paths"]["/api/webhook/{webhookSecret}"] = {
        "post": {
            "operationId": "webhook_receive",
            "summary": "Send purchases from a shop",
            "description": "Kept before it is answered, worked on after. Sending the same again changes nothing.",
            "tags": ["webhook"],
            "security": [{}],
            "parameters": [
                {"in": "path", "name": "webhookSecret", "required": True, "schema": {"type": "string"}},
                {**header, "name": "webhook-id", "description": "Standard Webhooks: the id of this message"},
                {**header, "name": "webhook-timestamp", "description": "Standard Webhooks: Unix seconds, ± 300"},
                {**header, "name": "webhook-signature", "description": "Standard Webhooks: v1,<base64>"},
                {**header, "name": "X-Signature", "description": "t=<unix>,v1=<hex>, or <hex> over the body"},
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": json_body,
                    "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
                },
            },
            "responses": {"200": taken, **refused},
        }
    }
    return result
