"""Events and what can be bought for them."""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import Organizer
from events.models import Category, Event, PromoCode, TicketType
from tests.factories.accounts import make_organizer

_numbers = count(1)


def make_category(**fields: Any) -> Category:
    number = next(_numbers)
    fields.setdefault("slug", f"category-{number}")
    fields.setdefault("name_ru", f"Категория {number}")
    fields.setdefault("name_en", f"Category {number}")
    return Category.objects.create(**fields)


def make_event(*, organizer: Organizer | None = None, category: Category | None = None, **fields: Any) -> Event:
    """Make a published event that starts in ten days; `ticket_types` come from `make_ticket_type`."""
    number = next(_numbers)
    fields.setdefault("title", f"Event {number}")
    fields.setdefault("slug", f"event-{number}")
    fields.setdefault("starts_at", timezone.now() + timedelta(days=10))
    fields.setdefault("ends_at", fields["starts_at"] + timedelta(hours=3))
    fields.setdefault("status", Event.Status.PUBLISHED)
    if fields["status"] != Event.Status.DRAFT:
        fields.setdefault("published_at", fields["starts_at"] - timedelta(days=30))
    if fields["status"] in (Event.Status.SUSPENDED, Event.Status.CANCELLED):
        fields.setdefault("status_reason", "A storm")
    fields.setdefault("refund_policy", {"bands": [{"hours_before": 48, "percent": 100}]})
    fields.setdefault("city", "Горно-Алтайск")
    fields.setdefault("venue", "Лагерь на Катуни")
    fields.setdefault("address", "Чемал, ул. Береговая, 1")
    return Event.objects.create(organizer=organizer or make_organizer(), category=category or make_category(), **fields)


def make_ticket_type(*, event: Event | None = None, **fields: Any) -> TicketType:
    """Make a ticket type with 10 seats at 1,000 roubles."""
    number = next(_numbers)
    fields.setdefault("name", f"Ticket {number}")
    fields.setdefault("price", Decimal("1000.00"))
    fields.setdefault("capacity", 10)
    return TicketType.objects.create(event=event or make_event(), **fields)


def make_promo_code(*, event: Event | None = None, **fields: Any) -> PromoCode:
    """Make a code of 10 percent for everything, as often as people like."""
    fields.setdefault("code", f"PROMO-{next(_numbers)}")
    fields.setdefault("kind", PromoCode.Kind.PERCENT)
    fields.setdefault("value", Decimal(10))
    return PromoCode.objects.create(event=event or make_event(), **fields)
