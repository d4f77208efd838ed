"""Reads of segments and who is in them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, QuerySet

from notifications.models import ContactPoint, Preference, Recipient, Segment, Suppression
from notifications.models.choices import Channel
from notifications.models.suppression import hash_in_database
from notifications.segment_language import Conditions, leaves, membership


def list_known_segments(*, codes: Collection[str]) -> set[str]:
    """Return those of the codes that name a segment."""
    return set(Segment.objects.filter(code__in=codes).values_list("code", flat=True))


def find_segment(*, code: str) -> Segment | None:
    """Return a named segment, if it is defined."""
    return Segment.objects.filter(code=code).first()


def list_members(*, conditions: Conditions, now: datetime) -> QuerySet[Recipient]:
    """Return the recipients who are in a segment."""
    return Recipient.objects.filter(membership(conditions, today=now.date()))


def explain_membership(*, conditions: Conditions, recipient_id: UUID, now: datetime) -> list[tuple[str, bool]]:
    """Return for each member of the conditions whether it holds for the recipient, by the same filters, in one query."""
    asked = leaves(conditions, today=now.date())
    holds = {
        f"leaf_{number}": ExpressionWrapper(leaf, output_field=BooleanField()) for number, (_, leaf) in enumerate(asked)
    }
    person = Recipient.objects.filter(id=recipient_id)
    answers = person.annotate(**holds).values_list(*holds).first() if holds else ()
    # Of what isn't known the database says NULL.
    return [(name, bool(answer)) for (name, _), answer in zip(asked, answers or (), strict=True)]


def list_segments() -> QuerySet[Segment]:
    """Return all segments by their names."""
    return Segment.objects.order_by("code")


def count_reachable(*, members: QuerySet[Recipient], channel: str, category: str) -> int:
    """Return how many of the members a message of the category would go out to through the channel."""
    refused = Preference.objects.filter(recipient=OuterRef("pk"), category=category, channel=channel, is_enabled=False)
    reachable = members.filter(~Exists(refused))
    if category == "marketing":
        reachable = reachable.filter(marketing_consent_at__isnull=False)
    if channel != Channel.IN_APP:
        suppressed = Suppression.objects.filter(
            channel=channel, address_hash=OuterRef("hash"), category__in=["", category]
        )
        addresses = ContactPoint.objects.active().filter(recipient=OuterRef("pk"), channel=channel)
        usable = addresses.annotate(hash=hash_in_database("address")).filter(~Exists(suppressed))
        reachable = reachable.filter(Exists(usable))
    return reachable.count()
