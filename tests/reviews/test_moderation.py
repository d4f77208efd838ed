"""reviews.services.claim_review, publish_review, reject_review and hide_review: one queue, many moderators."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from common.problems import NotFound, StaleVersion
from common.transactions import use_case
from reviews.models import ModerationDecision, Rating, Review
from reviews.services.claim_review import (
    ClaimedByAnother,
    OwnReview,
    ReviewNotClaimed,
    ReviewNotPending,
    claim_review,
)
from reviews.services.hide_review import ReviewNotPublished, hide_review
from reviews.services.publish_review import publish_by_checks, publish_review
from reviews.services.reject_review import reject_review
from tests.factories.reviews import make_moderator, make_published_review, make_review
from tests.reviews.facts import stated

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def claim(review: Review, moderator: Any, now: Any = NOW) -> Review:
    with use_case():
        return claim_review(review_id=review.pk, moderator_id=moderator.pk, now=now)


def publish(review: Review, moderator: Any, now: Any = NOW) -> Review:
    with use_case():
        return publish_review(review_id=review.pk, moderator_id=moderator.pk, now=now)


def reject(review: Review, moderator: Any, **fields: Any) -> Review:
    fields = {"reason_code": "untrue", "reason_text": "Такого маршрута не было.", "now": NOW} | fields
    with use_case():
        return reject_review(review_id=review.pk, moderator_id=moderator.pk, **fields)


def hide(review: Review, moderator: Any, **fields: Any) -> Review:
    fields = {"reason_code": "personal_data", "now": NOW} | fields
    with use_case():
        return hide_review(review_id=review.pk, moderator_id=moderator.pk, **fields)


class TestClaimReview:
    def test_holds_a_review_for_one_moderator(self) -> None:
        review, first = make_review(), make_moderator()
        claim(review, first)

        with pytest.raises(ClaimedByAnother) as caught:
            claim(review, make_moderator())

        assert caught.value.extra == {"claimed_until": NOW + timedelta(minutes=15)}

    def test_is_prolonged_by_its_holder(self) -> None:
        review, moderator = make_review(), make_moderator()
        claim(review, moderator)

        assert claim(review, moderator, NOW + timedelta(minutes=14)).claimed_at == NOW + timedelta(minutes=14)

    def test_passes_on_after_a_quarter_of_an_hour(self) -> None:
        review, second = make_review(), make_moderator()
        claim(review, make_moderator())

        assert claim(review, second, NOW + timedelta(minutes=15)).claimed_by == second

    def test_refuses_what_is_decided(self) -> None:
        with pytest.raises(ReviewNotPending) as caught:
            claim(make_published_review(), make_moderator())

        assert caught.value.extra == {"review_status": "published"}

    def test_refuses_a_moderators_own_review(self) -> None:
        review = make_review()

        with pytest.raises(OwnReview):
            claim(review, review.author)

    def test_finds_nothing_where_nothing_is(self) -> None:
        review = make_review()
        Review.objects.all().delete()

        with pytest.raises(NotFound):
            claim(review, make_moderator())


class TestPublishReview:
    def test_makes_the_review_public_and_keeps_the_decision(self) -> None:
        review, moderator = make_review(rating=4, safety=2, is_anonymous=True), make_moderator()
        claim(review, moderator)

        published = publish(review, moderator)

        assert (published.status, published.decided_by, published.published_at) == ("published", moderator, NOW)
        assert published.claimed_by is None
        decision = ModerationDecision.objects.get()
        assert (decision.outcome, decision.decided_by, decision.version) == ("published", moderator, 1)

    def test_states_who_wrote_what_about_which_event(self) -> None:
        review = make_published_review(rating=4, safety=2)

        assert stated("reviews.review.published.v1") == [
            {
                "review_id": str(review.pk),
                "event_id": str(review.event_id),
                "event_title": review.event.title,
                "organizer_id": str(review.event.organizer_id),
                "author_id": str(review.author_id),
                "rating": 4,
                "is_anonymous": False,
                "safety": 2,
            }
        ]

    def test_refuses_what_nobody_claimed(self) -> None:
        with pytest.raises(ReviewNotClaimed):
            publish(make_review(), make_moderator())

    def test_refuses_what_another_moderator_holds(self) -> None:
        review = make_review()
        claim(review, make_moderator())

        with pytest.raises(ClaimedByAnother):
            publish(review, make_moderator())

    def test_refuses_after_the_claim_ran_out(self) -> None:
        review, moderator = make_review(), make_moderator()
        claim(review, moderator)

        with pytest.raises(ReviewNotClaimed):
            publish(review, moderator, NOW + timedelta(minutes=15))

    def test_refuses_a_second_decision(self) -> None:
        review, moderator = make_review(), make_moderator()
        claim(review, moderator)
        publish(review, moderator)

        with pytest.raises(ReviewNotPending):
            reject(review, moderator)

    def test_by_checks_publishes_only_the_version_that_was_checked(self) -> None:
        review = make_review(version=2)

        with use_case():
            publish_by_checks(review_id=review.pk, version=1, now=NOW)

        review.refresh_from_db()
        assert (review.status, Rating.objects.count()) == ("pending", 0)


class TestRejectReview:
    def test_keeps_the_reason_and_lets_the_author_know(self) -> None:
        review, moderator = make_review(), make_moderator()
        claim(review, moderator)

        rejected = reject(review, moderator)

        assert (rejected.status, rejected.reason_code, rejected.decided_by) == ("rejected", "untrue", moderator)
        [fact] = stated("reviews.review.rejected.v1")
        assert (fact["author_id"], fact["reason_code"]) == (str(review.author_id), "untrue")
        assert fact["reason"] == "Такого маршрута не было."
        assert not Rating.objects.exists()

    def test_refuses_what_nobody_claimed(self) -> None:
        with pytest.raises(ReviewNotClaimed):
            reject(make_review(), make_moderator())


class TestHideReview:
    def test_takes_a_published_review_out_of_sight_and_out_of_the_ratings(self) -> None:
        review, moderator = make_published_review(rating=1), make_moderator()

        hidden = hide(review, moderator)

        assert (hidden.status, hidden.reason_code, hidden.decided_by) == ("hidden", "personal_data", moderator)
        assert [rating.count for rating in Rating.objects.all()] == [0, 0]
        assert [one.outcome for one in ModerationDecision.objects.order_by("id")] == ["published", "hidden"]

    def test_refuses_what_is_not_public(self) -> None:
        with pytest.raises(ReviewNotPublished):
            hide(make_review(), make_moderator())

    def test_refuses_a_version_that_the_moderator_has_not_read(self) -> None:
        with pytest.raises(StaleVersion):
            hide(make_published_review(), make_moderator(), expected_version=2)

    def test_refuses_a_moderators_own_review(self) -> None:
        review = make_published_review()

        with pytest.raises(OwnReview):
            hide(review, review.author)
