"""The demo's figures."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.management.demo import load_demo
from analytics.models import EventDay
from common.transactions import use_case
from tests.factories.analytics import make_booking
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db


class TestLoadDemo:
    def test_recounts_the_demos_bookings_and_changes_nothing_the_second_time(self) -> None:
        event = make_event()
        for days in (1, 1, 5):
            make_booking(event=event, at=timezone.now() - timedelta(days=days))

        with use_case():
            load_demo({})
        first = list(EventDay.objects.order_by("day").values())
        with use_case():
            load_demo({})

        assert list(EventDay.objects.order_by("day").values()) == first
        assert [row["confirmed"] for row in first] == [1, 2]
        assert all(row["visitors"] >= row["holds"] for row in first)
