"""analytics.services.record_view, and how long visitors are recognised."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.models import DailySalt, EventDay, Visitor
from analytics.services.record_view import record_view
from common.problems import NotFound
from common.retention import RETENTION, remove_what_is_over
from common.transactions import use_case
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def view(event: Any, *, address: str = "192.0.2.1", browser: str = "Firefox", now: datetime = NOON) -> None:
    with use_case():
        record_view(event_id=event.pk, address=address, browser=browser, now=now)


class TestRecordView:
    def test_counts_views_and_visitors(self) -> None:
        event = make_event()

        view(event)
        view(event)
        view(event, address="192.0.2.2")
        view(event, browser="Chromium")

        row = EventDay.objects.get()
        assert (row.day.isoformat(), row.views, row.visitors) == ("2026-11-20", 4, 3)

    def test_knows_a_visitor_for_one_day_and_one_event_only(self) -> None:
        event, other = make_event(), make_event()

        view(event)
        view(other)
        view(event, now=NOON + timedelta(days=1))

        assert len({bytes(visitor.digest) for visitor in Visitor.objects.all()}) == 3

    def test_keeps_neither_address_nor_browser(self) -> None:
        view(make_event())

        kept = repr(list(Visitor.objects.values())) + repr(list(EventDay.objects.values()))

        assert "192.0.2.1" not in kept
        assert "Firefox" not in kept

    def test_finds_no_event_that_is_not_public(self) -> None:
        with pytest.raises(NotFound):
            view(make_event(status="draft"))


class TestRetention:
    def test_leaves_only_today_and_yesterday(self) -> None:
        event = make_event()
        for days in (0, 1, 2):
            view(event, now=NOON - timedelta(days=days))

        rules = [RETENTION["analytics.salts"], RETENTION["analytics.visitors"]]
        remove_what_is_over(rules=rules, now=NOON)

        assert sorted(salt.day.day for salt in DailySalt.objects.all()) == [19, 20]
        assert sorted(visitor.day.day for visitor in Visitor.objects.all()) == [19, 20]
        assert EventDay.objects.count() == 3
