from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from common.problems import NotFound
from common.transactions import use_case
from reviews.models import Review, ReviewReport
from reviews.selectors import get_queue_length
from reviews.services.claim_review import OwnReview
from reviews.services.dismiss_reports import NothingReported, dismiss_reports
from reviews.services.report_review import AlreadyReported, report_review
from tests.factories.accounts import make_user
from tests.factories.reviews import make_moderator, make_published_review, make_review

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def report(review: Review, reporter: Any) -> None:
    with use_case():
        report_review(review_id=review.pk, reporter_id=reporter.pk, reason_code="untrue", now=NOW)


def dismiss(review: Review, moderator: Any) -> Review:
    with use_case():
        return dismiss_reports(review_id=review.pk, moderator_id=moderator.pk, now=NOW)


class TestDismissReports:
    def test_lets_the_review_stand_and_empties_the_queue(self) -> None:
        review, moderator = make_published_review(), make_moderator()
        for _ in range(2):
            report(review, make_user())

        settled = dismiss(review, moderator)

        assert (settled.status, settled.report_count) == ("published", 0)
        assert get_queue_length().reported == 0
        assert list(ReviewReport.objects.values_list("dismissed_by", "dismissed_at")) == [(moderator.pk, NOW)] * 2
        entry = AuditEntry.objects.get(action="reviews.dismiss_reports")
        assert (entry.actor_id, entry.changes) == (moderator.pk, {"reports": [2, 0]})

    def test_counts_new_reports_anew_and_takes_nobodys_twice(self) -> None:
        review, first, second = make_published_review(), make_user(), make_user()
        report(review, first)
        dismiss(review, make_moderator())

        report(review, second)
        with pytest.raises(AlreadyReported):
            report(review, first)

        review.refresh_from_db()
        assert review.report_count == ReviewReport.objects.waiting().count() == 1

    def test_refuses_what_nobody_has_reported_and_a_second_time(self) -> None:
        review, moderator = make_published_review(), make_moderator()
        with pytest.raises(NothingReported):
            dismiss(review, moderator)
        report(review, make_user())
        dismiss(review, moderator)

        with pytest.raises(NothingReported):
            dismiss(review, moderator)

    def test_is_not_for_the_author(self) -> None:
        author = make_moderator()
        review = make_published_review(author=author)
        report(review, make_user())

        with pytest.raises(OwnReview):
            dismiss(review, author)

    def test_finds_nothing_that_is_not_there(self) -> None:
        gone = make_review()
        Review.objects.filter(pk=gone.pk).delete()

        with pytest.raises(NotFound):
            dismiss(gone, make_moderator())
