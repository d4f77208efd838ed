"""The author objects to a refusal, once; another moderator than the one who refused decides anew."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from audit.services.record_entry import record_entry
from common.problems import Problem, StaleVersion
from common.transactions import requires_transaction
from reviews.models import Review
from reviews.models.review import REFUSED
from reviews.selectors import get_own_review


class ReviewNotRefused(Problem):
    """There is nothing to object to; `review_status` says how the review stands."""

    code = "review_not_refused"
    status = 409
    title = "Only a review that was rejected or hidden can be appealed."


class AppealedBefore(Problem):
    """One appeal for each review, whatever becomes of it."""

    code = "appealed_before"
    status = 409
    title = "A review can be appealed once."


@requires_transaction
def appeal_review(
    *, review_id: UUID, author_id: UUID, text: str, expected_version: int | None = None, now: datetime
) -> Review:
    """Let a refused review wait for a moderator again, with what its author has to say.

    It counts as a new version: each is decided once.

    Raises:
        NotFound, ReviewNotRefused, AppealedBefore
        StaleVersion: it was changed since the author read it.
    """
    before = get_own_review(review_id=review_id, author_id=author_id)
    refused = Review.objects.filter(pk=review_id, status__in=REFUSED, appealed_at__isnull=True, version=before.version)
    if expected_version is not None:
        refused = refused.filter(version=expected_version)
    appealed = refused.update(
        status=Review.Status.PENDING,
        version=F("version") + 1,
        appealed_at=now,
        appeal_text=text,
        appealed_against=F("decided_by"),
        decided_by=None,
        decided_at=None,
        reason_code="",
        reason_text="",
        submitted_at=now,
    )
    after = get_own_review(review_id=review_id, author_id=author_id)
    if not appealed:
        raise _why_not(after)
    record_entry(
        actor_id=author_id,
        action="reviews.appeal",
        target_type="reviews.review",
        target_id=str(review_id),
        changes={"status": [before.status, after.status], "version": after.version},
    )
    return after


def _why_not(review: Review) -> Problem:
    if review.appealed_at is not None:
        return AppealedBefore()
    if review.status not in REFUSED:
        return ReviewNotRefused(review_status=review.status)
    return StaleVersion()
