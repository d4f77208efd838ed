import uuid

import pytest
from django.utils import timezone

from common.transactions import use_case
from notifications.models import ContactPoint, NotificationJob
from notifications.services.forget_recipient import forget_recipient
from tests.factories.notifications import make_job, make_recipient

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def forget(user_id: uuid.UUID) -> None:
    with use_case():
        forget_recipient(user_id=user_id, now=NOW)


class TestForgetRecipient:
    def test_blanks_the_person_and_nobody_else(self) -> None:
        gone, other = make_recipient(city="Омск", tags=["kayak"]), make_recipient(city="Омск")

        forget(gone.external_id)

        gone.refresh_from_db()
        other.refresh_from_db()
        assert (gone.display_name, gone.city, gone.tags, gone.birth_on) == ("", "", [], None)
        assert other.city == "Омск"
        assert list(ContactPoint.objects.values_list("recipient_id", flat=True)) == [other.id]

    def test_ends_what_waits_and_leaves_what_a_worker_has_in_hand(self) -> None:
        gone = make_recipient()
        waiting = make_job(recipient=gone, context={"name": "Anna"})
        in_hand = make_job(recipient=gone, status="sending", lease_token=uuid.uuid4())

        forget(gone.external_id)

        waiting.refresh_from_db()
        assert (waiting.status, waiting.reason, waiting.finished_at, waiting.context) == (
            *("suppressed", "erased"),
            NOW,
            {},
        )
        assert NotificationJob.objects.get(id=in_hand.id).status == "sending"

    def test_of_nobody_known_is_nothing(self) -> None:
        forget(uuid.uuid4())
