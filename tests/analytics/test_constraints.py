from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from analytics.models import DailySalt, DirtyDay, EventDay, Visitor
from common.transactions import violated_constraint
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


def violated(model: Any, **fields: Any) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        model.objects.create(day=DAY, **fields)
    return violated_constraint(caught.value)


class TestConstraints:
    def test_a_day_of_an_event_has_one_row(self) -> None:
        event = make_event()
        EventDay.objects.create(event=event, day=DAY)

        assert violated(EventDay, event=event) == "analytics_event_day_once"

    def test_visitors_have_viewed(self) -> None:
        assert violated(EventDay, event=make_event(), visitors=1) == "analytics_event_day_visitors_have_viewed"

    @pytest.mark.parametrize("column", ["revenue", "refunds"])
    def test_money_is_counted_from_zero_up(self, column: str) -> None:
        assert violated(EventDay, event=make_event(), **{column: -1}) == "analytics_event_day_money_not_negative"

    def test_a_day_is_marked_once(self) -> None:
        event = make_event()
        DirtyDay.objects.create(event=event, day=DAY)

        assert violated(DirtyDay, event=event) == "analytics_dirty_day_once"

    def test_a_day_has_one_salt(self) -> None:
        DailySalt.objects.create(day=DAY, salt=b"1")

        assert violated(DailySalt, salt=b"2") == "analytics_daily_salt_once"

    def test_a_visitor_is_counted_once_a_day(self) -> None:
        event = make_event()
        Visitor.objects.create(event=event, day=DAY, digest=b"1")

        assert violated(Visitor, event=event, digest=b"1") == "analytics_visitor_once_a_day"
