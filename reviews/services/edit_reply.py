"""The organizer changes its answer to a review; readers see that it was changed, and when."""

from datetime import datetime
from uuid import UUID

from common.problems import NotAllowed, NotFound
from common.transactions import requires_transaction
from reviews.models import ReviewReply
from reviews.selectors import get_review, speaks_for_organizer
from reviews.services.reply_to_review import demand_clean


@requires_transaction
def edit_reply(*, review_id: UUID, member_id: UUID, text: str, now: datetime) -> ReviewReply:
    """Replace what the answer says; it stays public, so the automatic checks must find the new words clean too.

    Raises:
        NotFound: no published review, or no answer to it.
        NotAllowed: not an owner or manager of the event's organizer.
        InvalidInput: the automatic checks object to the text.
    """
    review = get_review(review_id=review_id)
    if not speaks_for_organizer(event=review.event, user_id=member_id):
        raise NotAllowed
    demand_clean(text)
    if not ReviewReply.objects.filter(review_id=review_id).update(text=text, written_by_id=member_id, edited_at=now):
        raise NotFound
    return ReviewReply.objects.select_related("organizer").get(review_id=review_id)
