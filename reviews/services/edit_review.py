"""The author changes a review within fourteen days; it leaves the public and goes through moderation again."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from common.problems import NotFound, Problem, StaleVersion
from common.transactions import requires_transaction
from reviews.models import Review, ReviewRevision
from reviews.selectors import get_own_review
from reviews.services.check_text import digest_of
from reviews.services.move_rating import take_from_rating
from reviews.services.publish_review import publish_by_checks
from reviews.services.write_review import Draft, judge


class EditWindowClosed(Problem):
    """A review stands after two weeks."""

    code = "edit_window_closed"
    status = 409
    title = "A review can be changed within 14 days after it was written."


@requires_transaction
def edit_review(
    *, review_id: UUID, author_id: UUID, expected_version: int, draft: Draft, publish_clean: bool, now: datetime
) -> Review:
    """Replace what the review says, keep what it said, and submit it again.

    Raises:
        NotFound: absent, or somebody else's.
        StaleVersion: it was changed since the author read it.
        EditWindowClosed
    """
    before = Review.objects.locked().select_related("event").filter(pk=review_id, author_id=author_id).first()
    if before is None:
        raise NotFound
    if before.version != expected_version:
        raise StaleVersion
    if now >= before.editable_until:
        raise EditWindowClosed
    verdict = judge(author_id=author_id, event_id=before.event_id, text=draft.text, now=now)
    _keep(before, now)
    Review.objects.filter(pk=review_id, version=expected_version).update(
        rating=draft.rating,
        text=draft.text,
        text_digest=digest_of(draft.text),
        is_anonymous=draft.is_anonymous,
        **dict.fromkeys(before.aspects) | draft.aspects,
        status=Review.Status.PENDING,
        version=F("version") + 1,
        check_reasons=list(verdict.reasons),
        check_score=verdict.score,
        # Whoever is reading it reads the old words: the claim falls, and the new ones are read by whoever claims it.
        claimed_by=None,
        claimed_at=None,
        decided_by=None,
        decided_at=None,
        reason_code="",
        reason_text="",
        appealed_against=None,
        submitted_at=now,
    )
    if before.status == Review.Status.PUBLISHED:
        take_from_rating(review=before)
    if publish_clean and verdict.is_clean:
        publish_by_checks(review_id=review_id, version=expected_version + 1, now=now)
    return get_own_review(review_id=review_id, author_id=author_id)


def _keep(before: Review, now: datetime) -> None:
    ReviewRevision.objects.create(
        review=before,
        version=before.version,
        rating=before.rating,
        aspects=before.aspects,
        text=before.text,
        is_anonymous=before.is_anonymous,
        replaced_at=now,
    )
