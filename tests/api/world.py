"""A small world in which every operation has something to work on, under ids that are known beforehand."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import OrganizerMember, User
from accounts.scopes import GRANTABLE
from common.transactions import use_case
from events.models import BulkOperation, Event, PromoCode, Question, TicketType
from messaging.wiring import open_conversation
from notifications.models import ServiceSource
from notifications.unsubscribe_links import link_for
from tests.factories import bookings, events, loyalty, reviews
from tests.factories.accounts import make_organizer, make_token, make_user
from tests.factories.notifications import SCOPES, make_notification_event, make_recipient


def known(name: str) -> uuid.UUID:
    """Return the id that the thing of this name has in every world."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://aquastream.example/fuzz/{name}")


@dataclass(frozen=True)
class World:
    """Who may call, by the header that says so; and values that path parameters may have."""

    callers: dict[str, dict[str, str]]
    paths: dict[str, list[str]]
    bodies: dict[str, list[Any]]


def make_world() -> World:
    now = timezone.now()
    user, owner, staff = _make_people()
    organizer = make_organizer(owner=owner, id=known("organizer"))
    event = events.make_event(organizer=organizer, id=known("event"))
    draft = events.make_event(organizer=organizer, id=known("draft"), status="draft")
    ticket_type, question, promo_code = _make_offer(event)
    operation = BulkOperation.objects.create(
        id=known("operation"), user=owner, by_administrator=False, action="publish", lease_expires_at=now
    )
    past = reviews.make_past_event(organizer=organizer, id=known("past event"))
    held = bookings.hold(user=user, event=event, ticket_type=ticket_type, now=now)
    confirmed = bookings.confirm(user=make_user(), event=event, ticket_type=ticket_type, now=now)
    pending = reviews.make_review(event=past, author=reviews.make_attendee(past), id=known("review"))
    published = reviews.make_published_review(event=past, author=user, id=known("published review"))
    shop = loyalty.make_shop(owner=owner)
    loyalty.accrue(shop, loyalty.purchase())
    recipient = make_recipient(external_id=user.id)
    told = make_notification_event(event_id=known("notification"))
    conversation_id = _make_conversation(user, owner, now + timedelta(seconds=1))
    unsubscribing = link_for(recipient_id=recipient.id, category="marketing", channel="email").split("/")[-2]
    member = OrganizerMember.objects.get(organizer=organizer)
    return World(
        callers={
            "guest": {},
            "user": _bearer(user),
            "organizer": _bearer(owner, scopes=[*GRANTABLE, *SCOPES]),
            "administrator": _bearer(staff, second_factor_at=now),
        },
        paths={
            "event_id": _texts(event.id, draft.id, past.id, told.event_id),
            "ticket_type_id": _texts(ticket_type.id),
            "question_id": _texts(question.id),
            "promo_code_id": _texts(promo_code.id),
            "operation_id": _texts(operation.id),
            "organizer_id": _texts(organizer.id),
            "member_id": _texts(member.id),
            "booking_id": _texts(held.id, confirmed.id),
            "review_id": _texts(pending.id, published.id),
            "conversation_id": _texts(conversation_id),
            "project_id": _texts(shop.project.id),
            "customer_id": _texts(*shop.project.customers.values_list("id", flat=True)),
            "user_id": _texts(user.id, recipient.external_id),
            "provider": ["sandbox"],
            "webhookSecret": [shop.secret],
            "token": [unsubscribing],
        },
        bodies={
            "event": _texts(event.id, past.id),
            "ticket_type": _texts(ticket_type.id),
            "question": _texts(question.id),
            "promo_code": [promo_code.code],
            "events": [_texts(draft.id), _texts(event.id, past.id)],
            "organizer": _texts(organizer.id),
            "members": [_texts(owner.id), _texts(owner.id, staff.id)],
            "email": [user.email],
            "category": [event.category.slug],
        },
    )


def _make_people() -> tuple[User, User, User]:
    staff = make_user(is_staff=True, is_superuser=True)
    return make_user(id=known("user")), make_user(id=known("owner")), staff


def _make_offer(event: Event) -> tuple[TicketType, Question, PromoCode]:
    return (
        events.make_ticket_type(event=event, id=known("ticket type")),
        Question.objects.create(event=event, kind="text", prompt="Height?", is_required=False, id=known("question")),
        events.make_promo_code(event=event, id=known("promo code")),
    )


def _make_conversation(one: User, other: User, now: datetime) -> uuid.UUID:
    with use_case():
        conversation_id, _ = open_conversation(actor_id=one.id, kind="direct", member_ids=[other.id], title="", now=now)
    return conversation_id


def _bearer(user: User, **fields: Any) -> dict[str, str]:
    second_factor_at = fields.pop("second_factor_at", None)
    token, text = make_token(user, **fields)
    if second_factor_at is not None:
        token.second_factor_at = second_factor_at
        token.save(update_fields=["second_factor_at"])
    ServiceSource.objects.get_or_create(account=user, source="auth_service")
    return {"Authorization": f"Bearer {text}"}


def _texts(*ids: Any) -> list[str]:
    return [str(one) for one in ids]
