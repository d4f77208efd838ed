"""The organizer answers a published review of its own event, once."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from bus.services.record_fact import record_fact
from common.problems import FieldProblem, InvalidInput, NotAllowed, Problem
from common.transactions import requires_transaction, violations
from reviews.domain_events import ReviewReplied
from reviews.models import ReviewReply
from reviews.selectors import get_review, speaks_for_organizer
from reviews.services.check_text import Signs, check_text


class AlreadyReplied(Problem):
    """A review has one answer."""

    code = "already_replied"
    status = 409
    title = "This review has an answer already."


@requires_transaction
def reply_to_review(*, review_id: UUID, member_id: UUID, text: str, now: datetime) -> ReviewReply:
    """Answer in the organizer's name; the answer is public at once, so the automatic checks must find it clean.

    Raises:
        NotFound: no published review.
        NotAllowed: not an owner or manager of the event's organizer.
        InvalidInput: the automatic checks object to the text.
        AlreadyReplied
    """
    review = get_review(review_id=review_id)
    if not speaks_for_organizer(event=review.event, user_id=member_id):
        raise NotAllowed
    demand_clean(text)
    with violations({"reviews_reply_one_per_review": AlreadyReplied}):
        reply = ReviewReply.objects.create(
            review=review,
            organizer_id=review.event.organizer_id,
            written_by_id=member_id,
            text=text,
            created_at=now,
        )
    record_fact(
        ReviewReplied(
            review_id=review.pk,
            event_id=review.event_id,
            event_title=review.event.title,
            organizer_id=review.event.organizer_id,
            author_id=review.author_id,
            rating=review.rating,
        )
    )
    return reply


def demand_clean(text: str) -> None:
    """Refuse what the automatic checks object to, each of its signs by itself.

    Raises:
        InvalidInput
    """
    verdict = check_text(text=text, signs=Signs())
    if not verdict.is_clean:
        detail = _("Write without insults, links, contacts and shouting.")
        raise InvalidInput(errors=tuple(FieldProblem("/text", reason, detail) for reason in verdict.reasons))
