from decimal import Decimal

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from bookings.models import ProviderWebhook, Refund
from bookings.services.retry_payment_work import retry_refunds, retry_webhooks
from common.transactions import use_case
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm

pytestmark = pytest.mark.django_db


class TestRetryRefunds:
    def test_makes_failed_refunds_due_again_and_is_audited(self) -> None:
        payment, now, admin = confirm().payments.get(), timezone.now(), make_user()
        shared = {"payment": payment, "amount": Decimal(1), "currency": "RUB", "reason": "cancelled"}
        failed = Refund.objects.create(
            **shared, status="failed", settled_at=now, attempts=12, next_attempt_at=now, last_error="no answer"
        )
        Refund.objects.create(**shared, status="succeeded", settled_at=now, next_attempt_at=now)

        with use_case():
            count = retry_refunds(refunds=Refund.objects.all(), actor_id=admin.id, now=now)

        failed.refresh_from_db()
        assert (count, failed.status, failed.attempts) == (1, "pending", 0)
        assert AuditEntry.objects.get(action="bookings.retry_refund").target_id == str(failed.id)


class TestRetryWebhooks:
    def test_makes_parked_notices_due_again(self) -> None:
        now = timezone.now()
        parked = ProviderWebhook.objects.create(
            provider="sandbox", notice_id="m-1", body={}, status="parked", attempts=10, next_attempt_at=now
        )

        with use_case():
            count = retry_webhooks(webhooks=ProviderWebhook.objects.all(), actor_id=make_user().id, now=now)

        parked.refresh_from_db()
        assert (count, parked.status, parked.attempts) == (1, "received", 0)
