import pytest
from django.utils import timezone

from common.problems import NotFound, StaleVersion
from common.transactions import use_case
from reviews.models import HelpfulVote, ModerationDecision, Rating, Review
from reviews.services.delete_review import delete_review
from tests.factories.accounts import make_user
from tests.factories.reviews import make_published_review, make_review

pytestmark = pytest.mark.django_db


def delete(review: Review, **fields: object) -> None:
    with use_case():
        delete_review(review_id=review.pk, **({"author_id": review.author_id} | fields))


class TestDeleteReview:
    def test_removes_the_words_but_not_the_moderators_history(self) -> None:
        review = make_published_review()
        HelpfulVote.objects.create(review=review, voter=make_user(), created_at=timezone.now())

        delete(review)

        assert not Review.objects.exists()
        decision = ModerationDecision.objects.get()
        assert (decision.review, decision.author, decision.event) == (None, review.author, review.event)

    def test_takes_a_published_review_out_of_both_ratings(self) -> None:
        review = make_published_review(rating=2, staff=3)

        delete(review)

        assert [(rating.count, rating.staff_count) for rating in Rating.objects.all()] == [(0, 0), (0, 0)]

    def test_leaves_ratings_alone_when_it_was_never_published(self) -> None:
        delete(make_review())

        assert not Rating.objects.exists()

    def test_refuses_a_stale_version(self) -> None:
        with pytest.raises(StaleVersion):
            delete(make_review(), expected_version=7)

    def test_finds_nobody_elses(self) -> None:
        with pytest.raises(NotFound):
            delete(make_review(), author_id=make_user().pk)
