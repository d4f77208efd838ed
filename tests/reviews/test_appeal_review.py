"""reviews.services.appeal_review: one objection, and another moderator."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from common.problems import NotFound, StaleVersion
from common.transactions import use_case
from reviews.models import Rating, Review
from reviews.services.appeal_review import AppealedBefore, ReviewNotRefused, appeal_review
from reviews.services.claim_review import AppealAgainstYou, claim_review
from reviews.services.edit_review import edit_review
from reviews.services.hide_review import hide_review
from reviews.services.publish_review import publish_review
from reviews.services.reject_review import reject_review
from reviews.services.write_review import Draft
from tests.factories.accounts import make_user
from tests.factories.reviews import make_moderator, make_published_review, make_review
from tests.reviews.conftest import Sign
from tests.reviews.test_constraints import changing

pytestmark = pytest.mark.django_db
NOW = timezone.now()
WHY = "Я назвал реку, а не человека."


def done(service: Callable[..., Review], review: Review, moderator: Any, **fields: Any) -> Review:
    with use_case():
        return service(review_id=review.pk, moderator_id=moderator.pk, now=NOW, **fields)


def appeal(review: Review, **fields: Any) -> Review:
    fields = {"review_id": review.pk, "author_id": review.author_id, "text": WHY, "now": NOW} | fields
    with use_case():
        return appeal_review(**fields)


def make_rejected(moderator: Any) -> Review:
    review = make_review()
    done(claim_review, review, moderator)
    return done(reject_review, review, moderator, reason_code="personal_data")


class TestAppealReview:
    def test_lets_a_rejected_review_wait_again_with_what_its_author_says(self) -> None:
        first = make_moderator()
        rejected = make_rejected(first)

        appealed = appeal(rejected)

        assert (appealed.status, appealed.version) == ("pending", rejected.version + 1)
        assert (appealed.appeal_text, appealed.appealed_at) == (WHY, NOW)
        assert (appealed.appealed_against_id, appealed.decided_by_id, appealed.reason_code) == (first.pk, None, "")
        assert AuditEntry.objects.filter(action="reviews.appeal", actor_id=rejected.author_id).count() == 1

    def test_is_decided_by_another_moderator(self) -> None:
        first, second = make_moderator(), make_moderator()
        appealed = appeal(make_rejected(first))

        with pytest.raises(AppealAgainstYou):
            done(claim_review, appealed, first)
        done(claim_review, appealed, second)
        published = done(publish_review, appealed, second)

        assert (published.status, published.decided_by_id) == ("published", second.pk)
        assert Rating.objects.get(event_id=published.event_id).count == 1

    def test_lets_the_first_moderator_overrule_nobody(self) -> None:
        first, second = make_moderator(), make_moderator()
        appealed = appeal(make_rejected(first))
        done(claim_review, appealed, second)
        published = done(publish_review, appealed, second)

        with pytest.raises(AppealAgainstYou):
            done(hide_review, published, first, reason_code="other")

    def test_may_be_refused_again_and_then_stands(self) -> None:
        first, second = make_moderator(), make_moderator()
        appealed = appeal(make_rejected(first))
        done(claim_review, appealed, second)
        rejected = done(reject_review, appealed, second, reason_code="personal_data")

        with pytest.raises(AppealedBefore):
            appeal(rejected)

    def test_brings_a_hidden_review_back_to_the_queue(self) -> None:
        hidden = done(hide_review, make_published_review(), make_moderator(), reason_code="untrue")

        assert appeal(hidden).status == "pending"

    def test_leaves_changed_words_to_any_moderator(self) -> None:
        first = make_moderator()
        appealed = appeal(make_rejected(first))
        draft = Draft(rating=4, text="Совсем другие слова об этом сплаве.", aspects={}, is_anonymous=False)

        with use_case():
            edit_review(
                review_id=appealed.pk,
                author_id=appealed.author_id,
                expected_version=appealed.version,
                draft=draft,
                publish_clean=False,
                now=appealed.created_at + timedelta(hours=1),
            )

        assert done(claim_review, appealed, first).claimed_by_id == first.pk

    @pytest.mark.parametrize("make", [make_review, make_published_review])
    def test_needs_a_refusal(self, make: Callable[[], Review]) -> None:
        review = make()

        with pytest.raises(ReviewNotRefused) as caught:
            appeal(review)

        assert caught.value.extra == {"review_status": review.status}

    def test_is_the_author_s_alone(self) -> None:
        with pytest.raises(NotFound):
            appeal(make_rejected(make_moderator()), author_id=make_user().pk)

    def test_is_about_what_the_author_has_read(self) -> None:
        rejected = make_rejected(make_moderator())

        with pytest.raises(StaleVersion):
            appeal(rejected, expected_version=rejected.version + 1)


class TestConstraints:
    def test_an_appeal_says_why(self) -> None:
        assert changing(make_rejected(make_moderator()), appealed_at=NOW) == "reviews_review_appeal_says_why"

    def test_an_appeal_is_decided_by_another(self) -> None:
        first = make_moderator()

        name = changing(make_rejected(first), appealed_at=NOW, appeal_text=WHY, appealed_against=first)

        assert name == "reviews_review_appeal_by_another"


class TestDoors:
    def test_the_api_takes_an_appeal_and_shows_it_to_moderators(self, signed_in: Sign, verified: Sign) -> None:
        first = make_moderator()
        rejected, waiting = make_rejected(first), make_review()
        path = f"/api/v1/reviews/{rejected.pk}/appeal/"

        empty = signed_in(rejected.author).post(path, {"text": " "})
        taken = signed_in(rejected.author).post(path, {"text": WHY}, headers={"If-Match": f'"v{rejected.version}"'})
        again = signed_in(rejected.author).post(path, {"text": WHY})
        queue = verified(make_moderator()).get("/api/v1/moderation/reviews/?appealed=true").json()["results"]
        others = verified(make_moderator()).get("/api/v1/moderation/reviews/?appealed=false").json()["results"]

        assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (400, "/text")
        assert (taken.status_code, taken.json()["status"], taken.json()["appeal_text"]) == (200, "pending", WHY)
        assert (again.status_code, again.json()["code"]) == (409, "appealed_before")
        assert [(one["id"], one["appealed_against_id"]) for one in queue] == [(str(rejected.pk), str(first.pk))]
        assert [one["id"] for one in others] == [str(waiting.pk)]
