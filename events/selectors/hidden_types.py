"""Ticket types that promo codes open."""

import uuid
from datetime import datetime

from django.db.models import F, Q

from events.models import PromoCode


def list_types_opened_by_promo(*, event_id: uuid.UUID, code: str, now: datetime) -> list[uuid.UUID]:
    """Return the ticket types that the promo code names, while it counts; one for every type opens none."""
    # PostgreSQL looks for no zero characters.
    word = code.strip().upper().replace("\0", "")
    if not word:
        return []
    counts = (
        Q(opens_at__isnull=True) | Q(opens_at__lte=now),
        Q(closes_at__isnull=True) | Q(closes_at__gt=now),
        Q(total_limit__isnull=True) | Q(used__lt=F("total_limit")),
    )
    promo = PromoCode.objects.filter(*counts, event_id=event_id, code=word, is_active=True).first()
    return promo.ticket_type_ids if promo else []
