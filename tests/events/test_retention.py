from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from common.retention import RETENTION, remove_what_is_over
from events.models import BulkItem, BulkOperation
from tests.factories.accounts import make_user
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def order(status: str, created_at: datetime) -> BulkOperation:
    operation = BulkOperation.objects.create(user=make_user(), action="cancel", status=status, lease_expires_at=NOW)
    BulkOperation.objects.filter(id=operation.id).update(created_at=created_at)
    BulkItem.objects.create(operation=operation, event=make_event(), position=0)
    return operation


def test_only_what_was_planned_and_never_started_is_removed() -> None:
    yesterday = NOW - timedelta(days=1, minutes=1)
    order("planned", yesterday)
    kept = [order("planned", NOW - timedelta(hours=23)), order("running", yesterday), order("stopped", yesterday)]

    remove_what_is_over(rules=[RETENTION["events.planned_orders"]], now=NOW)

    assert set(BulkOperation.objects.values_list("id", flat=True)) == {one.id for one in kept}
    assert BulkItem.objects.count() == len(kept)
