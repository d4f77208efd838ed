"""reviews.services.vote_helpful and report_review: what readers may do with somebody else's review."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common.problems import NotFound
from common.transactions import use_case
from reviews.models import HelpfulVote, Review, ReviewReport
from reviews.services.claim_review import OwnReview
from reviews.services.report_review import AlreadyReported, TooManyReports, report_review
from reviews.services.vote_helpful import vote_helpful, withdraw_vote
from tests.factories.accounts import make_user
from tests.factories.reviews import make_published_review, make_review

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def vote(review: Review, voter: object) -> int:
    with use_case():
        return vote_helpful(review_id=review.pk, voter_id=voter.pk, now=NOW).helpful_count  # type: ignore[attr-defined]


def withdraw(review: Review, voter: object) -> int:
    with use_case():
        return withdraw_vote(review_id=review.pk, voter_id=voter.pk).helpful_count  # type: ignore[attr-defined]


def report(review: Review, reporter: object, **fields: object) -> None:
    with use_case():
        report_review(review_id=review.pk, reporter_id=reporter.pk, reason_code="untrue", **({"now": NOW} | fields))  # type: ignore[attr-defined,arg-type]


class TestVoteHelpful:
    def test_counts_each_reader_once(self) -> None:
        review, reader = make_published_review(), make_user()

        counts = [vote(review, reader), vote(review, reader), vote(review, make_user())]

        assert counts == [1, 1, 2]
        assert HelpfulVote.objects.count() == 2

    def test_refuses_ones_own(self) -> None:
        review = make_published_review()

        with pytest.raises(OwnReview):
            vote(review, review.author)

    def test_finds_nothing_that_is_not_public(self) -> None:
        with pytest.raises(NotFound):
            vote(make_review(), make_user())


class TestWithdrawVote:
    def test_takes_back_only_what_was_given(self) -> None:
        review, reader = make_published_review(), make_user()
        vote(review, reader)

        assert [withdraw(review, reader), withdraw(review, reader)] == [0, 0]


class TestReportReview:
    def test_is_kept_for_moderators_and_leaves_the_review_public(self) -> None:
        review = make_published_review()

        report(review, make_user(), text="Не было такого!")

        review.refresh_from_db()
        assert (review.status, review.report_count) == ("published", 1)
        assert ReviewReport.objects.get().text == "Не было такого!"

    def test_refuses_a_second_report(self) -> None:
        review, reader = make_published_review(), make_user()
        report(review, reader)

        with pytest.raises(AlreadyReported):
            report(review, reader)

    def test_refuses_ones_own(self) -> None:
        review = make_published_review()

        with pytest.raises(OwnReview):
            report(review, review.author)

    def test_refuses_the_twenty_first_of_a_day(self) -> None:
        reader, review = make_user(), make_published_review()
        others = [make_review() for _ in range(20)]
        ReviewReport.objects.bulk_create(
            ReviewReport(review=other, reporter=reader, reason_code="untrue", created_at=NOW) for other in others
        )

        with pytest.raises(TooManyReports):
            report(review, reader)

        report(review, reader, now=NOW + timedelta(days=1))
