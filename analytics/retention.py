"""How long visitors are recognised. Salts and digests go as soon as their day is over in every time zone."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from analytics.models import DailySalt, Visitor
from common.retention import keep

DAY = timedelta(days=1)


@keep("analytics.salts", kept=DAY)
def salts(limit: datetime) -> QuerySet[DailySalt]:
    return DailySalt.objects.filter(day__lt=limit.date())


@keep("analytics.visitors", kept=DAY)
def visitors(limit: datetime) -> QuerySet[Visitor]:
    return Visitor.objects.filter(day__lt=limit.date())
