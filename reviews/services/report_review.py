"""A reader asks moderators to look at a published review."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from common.problems import Problem
from common.transactions import requires_transaction, violations
from reviews.models import Review, ReviewReport
from reviews.selectors import count_reports_since, get_review
from reviews.services.claim_review import OwnReview

PERIOD = timedelta(days=1)
REPORTS_PER_PERIOD = 20


class AlreadyReported(Problem):
    """A reader reports a review once."""

    code = "already_reported"
    status = 409
    title = "You have already reported this review."


class TooManyReports(Problem):
    """Reports are read by people."""

    code = "too_many_reports"
    status = 429
    title = "You have reported many reviews today. Please come back tomorrow."


@requires_transaction
def report_review(*, review_id: UUID, reporter_id: UUID, reason_code: str, text: str = "", now: datetime) -> None:
    """Report a review; it stays public until a moderator hides it.

    Raises:
        NotFound, OwnReview, TooManyReports, AlreadyReported
    """
    review = get_review(review_id=review_id)
    if review.author_id == reporter_id:
        raise OwnReview
    if count_reports_since(reporter_id=reporter_id, since=now - PERIOD) >= REPORTS_PER_PERIOD:
        raise TooManyReports(headers={"Retry-After": str(int(PERIOD.total_seconds()))})
    with violations({"reviews_report_one_per_reader": AlreadyReported}):
        ReviewReport.objects.create(
            review=review, reporter_id=reporter_id, reason_code=reason_code, text=text, created_at=now
        )
    Review.objects.filter(pk=review_id).update(report_count=F("report_count") + 1)
