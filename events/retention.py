"""How long what nobody has started is kept, and what people have answered after the event that asked."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from common.retention import keep
from events.models import Answer, BulkOperation, Question

SIGNED = (Question.Kind.CONSENT, Question.Kind.WAIVER)


@keep("events.planned_orders", kept=timedelta(days=1))
def planned_orders(limit: datetime) -> QuerySet[BulkOperation]:
    """Return orders for many events that were looked at and never started."""
    return BulkOperation.objects.filter(status=BulkOperation.Status.PLANNED, created_at__lt=limit)


@keep("events.answers", kept=timedelta(days=90))
def answers_of_past_events(limit: datetime) -> QuerySet[Answer]:
    """Return plain answers: what somebody is allergic to, how tall they are."""
    return Answer.objects.filter(event__ends_at__lt=limit).exclude(question__kind__in=SIGNED)


@keep("events.consents", kept=timedelta(days=3 * 365 + 1))
def consents_of_past_events(limit: datetime) -> QuerySet[Answer]:
    """Return consents and waivers: they prove something until claims lapse (article 196 of Russia's Civil Code)."""
    return Answer.objects.filter(event__ends_at__lt=limit, question__kind__in=SIGNED)
