from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from bookings.models import ProviderWebhook
from common.retention import RETENTION, remove_what_is_over

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=91)


def notice(notice_id: str, *, status: str = "applied", applied_at: datetime | None = LONG_AGO) -> None:
    ProviderWebhook.objects.create(
        provider="sandbox", notice_id=notice_id, body={}, status=status, next_attempt_at=LONG_AGO, applied_at=applied_at
    )


def test_only_what_was_applied_long_ago_is_removed() -> None:
    notice("old")
    notice("young", applied_at=NOW)
    notice("parked", status="parked", applied_at=None)

    remove_what_is_over(rules=[RETENTION["bookings.provider_webhooks"]], now=NOW)

    assert set(ProviderWebhook.objects.values_list("notice_id", flat=True)) == {"young", "parked"}
