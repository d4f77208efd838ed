from datetime import timedelta

import pytest
from django.utils import timezone

from bus.models import OutboxRow, RelayCursor
from bus.selectors import get_relay_lag_seconds
from common.ids import new_id

pytestmark = pytest.mark.django_db


def stated(seconds_ago: float) -> OutboxRow:
    row = OutboxRow.objects.create(fact_id=new_id(), wire_type="t", topic="t", key="k", payload="{}")
    OutboxRow.objects.filter(id=row.id).update(occurred_at=timezone.now() - timedelta(seconds=seconds_ago))
    row.refresh_from_db()
    return row


def whole_minutes() -> int:
    return round(get_relay_lag_seconds() / 60)


class TestGetRelayLag:
    def test_is_nothing_without_facts(self) -> None:
        RelayCursor.objects.create(name="kafka")

        assert get_relay_lag_seconds() == 0

    def test_is_the_age_of_the_oldest_fact_behind_the_window(self) -> None:
        RelayCursor.objects.create(name="kafka")
        stated(600)
        stated(60)

        assert whole_minutes() == 10

    def test_counts_what_is_left_inside_the_window(self) -> None:
        done, left = stated(1200), stated(600)
        RelayCursor.objects.create(
            name="kafka",
            from_transaction=done.transaction_id,
            to_transaction=left.transaction_id + 1,
            last_id=done.id,
        )

        assert whole_minutes() == 10

    def test_is_that_of_the_slower_reader(self) -> None:
        row = stated(600)
        RelayCursor.objects.create(name="handlers", from_transaction=2**60, to_transaction=2**60, last_id=row.id)
        RelayCursor.objects.create(name="kafka")

        assert whole_minutes() == 10
