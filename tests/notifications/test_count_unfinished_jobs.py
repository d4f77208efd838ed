"""What the metrics say of jobs that wait."""

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from notifications.services.count_unfinished_jobs import count_unfinished_jobs
from tests.factories.notifications import make_job

pytestmark = pytest.mark.django_db


def shown(channel: str, status: str) -> float | None:
    return REGISTRY.get_sample_value("notifications_jobs_unfinished", {"channel": channel, "status": status})


class TestCountUnfinishedJobs:
    def test_counts_by_channel_and_status_and_leaves_out_what_has_ended(self) -> None:
        waiting = [make_job(status="queued"), make_job(status="queued")]
        make_job(status="deferred", channel="push")
        make_job(status="sent", next_attempt_at=None, finished_at=timezone.now())

        counts = count_unfinished_jobs()

        assert {place: count for place, count in counts.items() if count} == {
            ("email", "queued"): 2,
            ("push", "deferred"): 1,
        }
        assert (shown("email", "queued"), shown("push", "deferred"), shown("telegram", "failed")) == (2, 1, 0)
        for job in waiting:
            job.delete()
        count_unfinished_jobs()
        assert shown("email", "queued") == 0
