"""`user_registered`: the authorisation service has a new user. They are greeted."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from notifications.event_types.registry import EventType, OneUser, Payload, Plan, filled, register

SAMPLE: dict[str, Any] = {
    "event_id": "6a9f7f26-4c0c-4a91-9f3d-b159c2dcb001",
    "event_type": "user_registered",
    "source": "auth_service",
    "occurred_at": "2025-11-14T12:34:56Z",
    "payload": {
        "user_id": "f3aa4a0e-97d4-4e21-a2b4-9fb7c8d9f001",
        "registration_channel": "web",
        "locale": "ru",
        "user_agent": "Mozilla/5.0",
    },
}


class UserRegistered(Payload, frozen=True, kw_only=True):
    user_id: UUID
    registration_channel: Annotated[str, filled(50)]
    locale: Annotated[str, filled(35)]
    user_agent: Annotated[str, msgspec.Meta(max_length=1000)]


def plan(payload: UserRegistered) -> Plan:
    return Plan(
        template_code="welcome",
        channels=("email", "in_app"),
        context={"registration_channel": payload.registration_channel},
        to=OneUser(user_id=payload.user_id, locale=payload.locale),
    )


register(
    EventType(
        name="user_registered",
        summary="A user has registered. They get a greeting.",
        payload=UserRegistered,
        plan=plan,
        sample=SAMPLE,
    )
)
