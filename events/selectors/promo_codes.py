"""Promo codes, for those who manage their event."""

import uuid

from django.db.models import QuerySet

from common.problems import NotFound
from events.actors import Actor
from events.models import PromoCode
from events.selectors.events import get_managed_event


def list_promo_codes(*, actor: Actor, event_id: uuid.UUID, containing: str = "") -> QuerySet[PromoCode]:
    """Return the event's codes, newest first; of many, those that contain some letters.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's.
    """
    get_managed_event(actor=actor, event_id=event_id)
    codes = PromoCode.objects.filter(event_id=event_id).order_by("-created_at", "-id")
    # PostgreSQL looks for no zero characters.
    return codes.filter(code__contains=containing.upper().replace("\0", "")) if containing else codes


def list_no_promo_codes() -> QuerySet[PromoCode]:
    """Return nothing, typed: the API document looks at it."""
    return PromoCode.objects.none()


def get_promo_code(*, actor: Actor, event_id: uuid.UUID, promo_code_id: uuid.UUID) -> PromoCode:
    """Return one code of the event.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's, or has no such code.
    """
    promo = list_promo_codes(actor=actor, event_id=event_id).select_related("event").filter(id=promo_code_id).first()
    if promo is None:
        raise NotFound
    return promo
