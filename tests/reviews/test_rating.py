"""reviews.services.move_rating and check_rating: the sums behind the stars."""

import random
from decimal import Decimal

import pytest
from django.utils import timezone

from common.transactions import use_case
from reviews.models import Rating, Review
from reviews.selectors import get_event_rating, get_organizer_rating, recount_reviews
from reviews.services.check_rating import check_rating
from reviews.services.delete_review import delete_review
from reviews.services.edit_review import edit_review
from reviews.services.hide_review import hide_review
from reviews.services.write_review import Draft
from reviews.tasks import check_ratings
from tests.factories.accounts import make_organizer
from tests.factories.reviews import make_moderator, make_past_event, make_published_review
from tests.reviews.facts import stated

pytestmark = pytest.mark.django_db
NOW = timezone.now()


class TestMoveRating:
    def test_counts_an_event_and_its_organizer(self) -> None:
        organizer = make_organizer()
        first, second = make_past_event(organizer=organizer), make_past_event(organizer=organizer)
        for event, stars in ((first, 5), (first, 4), (second, 1)):
            make_published_review(event=event, rating=stars, value=stars)

        of_event, of_organizer = get_event_rating(event_id=first.pk), get_organizer_rating(organizer_id=organizer.pk)

        assert (of_event.count, of_event.mean, of_event.aspect_means["value"]) == (2, Decimal("4.50"), Decimal("4.50"))
        assert of_event.histogram == {5: 1, 4: 1, 3: 0, 2: 0, 1: 0}
        assert (of_organizer.count, of_organizer.mean) == (3, Decimal("3.33"))
        assert of_organizer.aspect_means["staff"] is None

    def test_scores_one_enthusiast_below_many_content_guests(self) -> None:
        one, many = make_past_event(), make_past_event()
        make_published_review(event=one, rating=5)
        Rating.objects.create(event=many, stars_4=40, stars_5=60)

        alone, crowd = get_event_rating(event_id=one.pk), get_event_rating(event_id=many.pk)

        assert (alone.mean, alone.score) == (Decimal("5.00"), Decimal("4.1667"))
        assert (crowd.mean, crowd.score) == (Decimal("4.60"), Decimal("4.5714"))

    def test_tells_the_new_rating(self) -> None:
        review = make_published_review(rating=4)

        assert stated("reviews.rating.changed.v1") == [
            {
                "event_id": str(review.event_id),
                "organizer_id": str(review.event.organizer_id),
                "count": 1,
                "mean": "4.00",
                "score": "4.0000",
                "organizer_count": 1,
                "organizer_mean": "4.00",
                "organizer_score": "4.0000",
            }
        ]

    @pytest.mark.parametrize("seed", range(3))
    def test_equals_a_recount_whatever_happened(self, seed: int) -> None:
        chance = random.Random(seed)
        organizer, moderator = make_organizer(), make_moderator()
        events = [make_past_event(organizer=organizer) for _ in range(2)]
        for _ in range(25):
            aspects = {name: chance.choice([None, 1, 3, 5]) for name in ("organisation", "safety", "value", "staff")}
            review = make_published_review(event=chance.choice(events), rating=chance.randint(1, 5), **aspects)
            self.go_on(review, chance.choice(["leave", "edit", "delete", "hide"]), moderator, chance)

        for event in events:
            self.assert_exact(get_event_rating(event_id=event.pk), event_id=event.pk)
        self.assert_exact(get_organizer_rating(organizer_id=organizer.pk), organizer_id=organizer.pk)

    def go_on(self, review: Review, how: str, moderator: object, chance: random.Random) -> None:
        with use_case():
            if how == "edit":
                draft = Draft(rating=chance.randint(1, 5), text=f"{review.text} Подумав, меняю оценку.")
                edit_review(
                    review_id=review.pk,
                    author_id=review.author_id,
                    expected_version=1,
                    draft=draft,
                    publish_clean=chance.random() < 0.5,
                    now=NOW,
                )
            elif how == "delete":
                delete_review(review_id=review.pk, author_id=review.author_id)
            elif how == "hide":
                hide_review(review_id=review.pk, moderator_id=moderator.pk, reason_code="untrue", now=NOW)  # type: ignore[attr-defined]

    def assert_exact(self, rating: Rating, **subject: object) -> None:
        counted = recount_reviews(**subject)  # type: ignore[arg-type]

        assert {column: getattr(rating, column) for column in counted} == counted


class TestCheckRating:
    def test_finds_a_right_rating_right(self) -> None:
        review = make_published_review(rating=4, safety=3)

        with use_case():
            assert check_rating(event_id=review.event_id)
        with use_case():
            assert check_rating(organizer_id=review.event.organizer_id)

    def test_sets_a_wrong_rating_right_and_says_so(self) -> None:
        review = make_published_review(rating=4, safety=3)
        Rating.objects.update(stars_4=7, safety_sum=4)

        with use_case():
            assert not check_rating(event_id=review.event_id)

        rating = get_event_rating(event_id=review.event_id)
        assert (rating.count, rating.sum, rating.safety_sum) == (1, 4, 3)


class TestCheckRatings:
    def test_makes_a_rating_that_is_missing(self) -> None:
        make_published_review(rating=2)
        Rating.objects.all().delete()

        check_ratings()

        assert sorted(Rating.objects.values_list("count", "sum")) == [(1, 2), (1, 2)]
