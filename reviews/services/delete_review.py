"""The author takes a review back: words, replies and votes go, the moderators' decisions about it stay."""

from uuid import UUID

from common.problems import NotFound, StaleVersion
from common.transactions import requires_transaction
from reviews.models import Review
from reviews.services.move_rating import take_from_rating


@requires_transaction
def delete_review(*, review_id: UUID, author_id: UUID, expected_version: int | None = None) -> None:
    """Delete a review for good; a published one leaves the rating.

    Raises:
        NotFound: absent, or somebody else's.
        StaleVersion: it was changed since the author read it.
    """
    review = Review.objects.locked().select_related("event").filter(pk=review_id, author_id=author_id).first()
    if review is None:
        raise NotFound
    if expected_version not in (None, review.version):
        raise StaleVersion
    Review.objects.filter(pk=review_id).delete()
    if review.status == Review.Status.PUBLISHED:
        take_from_rating(review=review)
