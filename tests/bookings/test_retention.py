from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from bookings.models import ProviderWebhook
from common.ids import new_id
from common.retention import RETENTION, remove_what_is_over
from events.models import Answer, Event, Question
from tests.factories.accounts import make_user
from tests.factories.events import make_ticket_type

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


def test_answers_go_after_the_event_and_what_was_signed_stays_until_claims_lapse() -> None:
    kind = make_ticket_type()
    for number, what in enumerate(("text", "waiver")):
        question = Question.objects.create(event=kind.event, kind=what, prompt="?", text="Rapids.")
        Answer.objects.create(
            question=question,
            event=kind.event,
            ticket_type=kind,
            user=make_user(),
            booking_id=new_id(),
            seat=number + 1,
            prompt="?",
            value="yes",
            answered_at=NOW,
        )
    rules = [RETENTION["events.answers"], RETENTION["events.consents"]]
    left = []

    for days in (89, 91, 1095, 1097):
        Event.objects.update(starts_at=NOW - timedelta(days=days, hours=1), ends_at=NOW - timedelta(days=days))
        remove_what_is_over(rules=rules, now=NOW)
        left.append(sorted(Answer.objects.values_list("question__kind", flat=True)))

    assert left == [["text", "waiver"], ["waiver"], ["waiver"], []]
