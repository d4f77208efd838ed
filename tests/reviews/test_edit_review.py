from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from common.problems import NotFound, StaleVersion
from common.transactions import use_case
from reviews.models import Rating, Review, ReviewRevision
from reviews.services.claim_review import ReviewNotClaimed, claim_review
from reviews.services.delete_review import delete_review
from reviews.services.edit_review import EditWindowClosed, edit_review
from reviews.services.hide_review import hide_review
from reviews.services.publish_review import publish_review
from reviews.services.write_review import Draft, write_review
from tests.factories.accounts import make_user
from tests.factories.reviews import make_moderator, make_published_review, make_review

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SECOND_THOUGHT = Draft(rating=3, text="Через неделю скажу честнее: было шумно и тесновато.", aspects={"value": 2})


def edit(review: Review, *, author: Any = None, version: int | None = None, now: datetime = NOW, **more: Any) -> Review:
    with use_case():
        return edit_review(
            review_id=review.pk,
            author_id=(author or review.author).pk,
            expected_version=version or review.version,
            draft=more.pop("draft", SECOND_THOUGHT),
            publish_clean=more.pop("clean", False),
            now=now,
        )


def hidden_review() -> Review:
    """Make a review that a moderator has taken from the public."""
    review = make_published_review()
    with use_case():
        return hide_review(review_id=review.pk, moderator_id=make_moderator().pk, reason_code="personal_data", now=NOW)


class TestEditReview:
    def test_replaces_the_words_and_keeps_the_old_ones(self) -> None:
        review = make_review(rating=5, safety=5)

        edited = edit(review)

        assert (edited.rating, edited.text, edited.version) == (3, SECOND_THOUGHT.text, 2)
        assert edited.aspects == {"organisation": None, "safety": None, "value": 2, "staff": None}
        kept = ReviewRevision.objects.get()
        assert (kept.version, kept.rating, kept.text, kept.aspects["safety"]) == (1, 5, review.text, 5)

    def test_leaves_the_public_and_the_rating_until_published_again(self) -> None:
        review = make_published_review(rating=5, safety=4)

        edited = edit(review)

        assert (edited.status, edited.decided_at, edited.decided_by) == ("pending", None, None)
        for rating in Rating.objects.all():
            assert (rating.count, rating.safety_count, rating.safety_sum) == (0, 0, 0)

    def test_counts_with_its_new_stars_when_published_again(self) -> None:
        review = make_published_review(rating=5)

        edit(review, clean=True)

        assert [rating.histogram[3] for rating in Rating.objects.all()] == [1, 1]
        assert [rating.count for rating in Rating.objects.all()] == [1, 1]

    def test_waits_for_a_person_after_a_person_has_refused_it(self) -> None:
        review = hidden_review()

        edited = edit(review, clean=True)

        assert (edited.status, edited.check_reasons) == ("pending", ["refused_before"])

    def test_waits_for_a_person_when_written_anew_after_a_refusal(self) -> None:
        review = hidden_review()

        with use_case():
            delete_review(review_id=review.pk, author_id=review.author_id)
            again = write_review(
                author_id=review.author_id,
                event_id=review.event_id,
                draft=SECOND_THOUGHT,
                publish_clean=True,
                now=NOW,
            )

        assert (again.status, again.check_reasons) == ("pending", ["refused_before"])

    def test_takes_the_review_out_of_the_hands_of_its_moderator(self) -> None:
        review, moderator = make_review(), make_moderator()
        with use_case():
            claim_review(review_id=review.pk, moderator_id=moderator.pk, now=NOW)

        edit(review)

        with pytest.raises(ReviewNotClaimed), use_case():
            publish_review(review_id=review.pk, moderator_id=moderator.pk, now=NOW)

    def test_refuses_a_stale_version(self) -> None:
        review = make_review()
        edit(review)

        with pytest.raises(StaleVersion):
            edit(review, version=1)

    def test_refuses_after_fourteen_days(self) -> None:
        review = make_review(written_at=NOW - timedelta(days=14))

        with pytest.raises(EditWindowClosed):
            edit(review)

        assert edit(review, now=NOW - timedelta(seconds=1)).version == 2

    def test_finds_nobody_elses(self) -> None:
        with pytest.raises(NotFound):
            edit(make_review(), author=make_user())
