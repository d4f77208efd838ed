"""What decisions ask for beyond the job: suppressed addresses, and how much marketing there was."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from common.transactions import use_case
from notifications.models import ContactPoint, NotificationJob, Suppression
from notifications.models.suppression import hash_of_address
from notifications.services.know_batch import know_batch
from tests.factories.notifications import make_job, make_recipient, make_template
from tests.notifications.conftest import MailServer
from tests.notifications.flow import send

pytestmark = pytest.mark.django_db


def stood(*jobs: NotificationJob) -> list[tuple[str, str]]:
    for job in jobs:
        job.refresh_from_db()
    return [(job.status, job.reason) for job in jobs]


class TestKnowBatch:
    def test_needs_as_many_queries_for_many_jobs_as_for_one(self, django_assert_num_queries: Any) -> None:
        for count in (1, 4):
            jobs = [make_job(category="marketing") for _ in range(count)]
            with use_case(), django_assert_num_queries(5):
                know_batch(jobs=jobs, now=timezone.now())

    def test_asks_for_no_addresses_of_an_inbox(self, django_assert_num_queries: Any) -> None:
        job = make_job(channel="in_app")

        with use_case(), django_assert_num_queries(2):
            known = know_batch(jobs=[job], now=timezone.now())

        assert not known.contact_points


class TestSuppression:
    def test_holds_for_the_address_whoever_has_it_however_it_is_written(self, mail_server: MailServer) -> None:
        Suppression.objects.create(
            channel="email", address_hash=hash_of_address("Angry@example.com"), reason="complaint"
        )
        jobs = [make_job(recipient=make_recipient(email=one)) for one in ("angry@Example.com", "calm@example.com")]

        send([job.id for job in jobs])

        assert stood(*jobs) == [("suppressed", "suppressed_address"), ("sent", "")]
        assert [mail["To"] for mail in mail_server.mails] == ["calm@example.com"]

    def test_is_of_one_channel(self, mail_server: MailServer) -> None:
        Suppression.objects.create(channel="push", address_hash=hash_of_address("a@example.com"), reason="person")
        job = make_job(recipient=make_recipient(email="a@example.com"))

        send([job.id])

        assert stood(job) == [("sent", "")]
        assert ContactPoint.objects.get().switched_off_at is None


class TestFrequencyCap:
    def test_counts_marketing_of_a_week_within_a_batch_and_before_it(
        self, mail_server: MailServer, settings: Any
    ) -> None:
        settings.MARKETING_WEEKLY_CAP = 2
        recipient = make_recipient(marketing_consent_at=timezone.now())
        old = make_job(recipient=recipient, category="marketing", status="sent")
        NotificationJob.objects.filter(id=old.id).update(created_at=timezone.now() - timedelta(days=8))
        make_job(recipient=recipient, category="marketing", status="sent")
        jobs = [make_job(recipient=recipient, category="marketing") for _ in range(2)]
        booking = make_job(recipient=recipient)

        send([job.id for job in (*jobs, booking)])

        assert stood(*jobs, booking) == [("sent", ""), ("suppressed", "frequency_cap"), ("sent", "")]

    def test_leaves_the_inbox_alone(self, settings: Any) -> None:
        settings.MARKETING_WEEKLY_CAP = 1
        recipient = make_recipient(marketing_consent_at=timezone.now())
        template = make_template(channels=("in_app",), category="marketing")
        offers = [
            make_job(recipient=recipient, category="marketing", channel="in_app", template_code=template.code)
            for _ in range(2)
        ]

        send([job.id for job in offers])

        assert stood(*offers) == [("delivered", "")] * 2
