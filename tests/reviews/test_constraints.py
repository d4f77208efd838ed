from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.transactions import violated_constraint
from reviews.models import HelpfulVote, ModerationDecision, Rating, Review, ReviewReply, ReviewReport, ReviewRevision
from tests.factories.accounts import make_organizer, make_user
from tests.factories.reviews import make_moderator, make_past_event, make_published_review, make_review

pytestmark = pytest.mark.django_db


def violated(act: Any) -> str:
    """Return the name of the constraint that the act runs into."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        act()
    return violated_constraint(caught.value)


def changing(review: Review, **fields: Any) -> str:
    return violated(lambda: Review.objects.filter(pk=review.pk).update(**fields))


class TestReview:
    def test_is_written_once_per_person_and_event(self) -> None:
        first = make_review()

        again = violated(lambda: make_review(event=first.event, author=first.author))

        assert again == "reviews_review_one_per_author_and_event"

    @pytest.mark.parametrize("rating", [0, 6])
    def test_has_one_to_five_stars(self, rating: int) -> None:
        assert changing(make_review(), rating=rating) == "reviews_review_rating_in_range"

    @pytest.mark.parametrize("aspect", ["organisation", "safety", "value", "staff"])
    def test_has_one_to_five_stars_for_each_aspect(self, aspect: str) -> None:
        review = make_review(organisation=3, safety=None, value=1, staff=5)

        assert changing(review, **{aspect: 6}) == "reviews_review_aspects_in_range"
        assert changing(review, **{aspect: 0}) == "reviews_review_aspects_in_range"

    @pytest.mark.parametrize("text", ["коротко", "я" * 5001])
    def test_has_a_text_of_readable_length(self, text: str) -> None:
        assert changing(make_review(), text=text) == "reviews_review_text_length"

    def test_is_decided_unless_it_waits(self) -> None:
        waiting = make_review()

        assert changing(waiting, decided_at=timezone.now()) == "reviews_review_decided_or_pending"
        assert changing(make_published_review(), decided_at=None) == "reviews_review_decided_or_pending"

    def test_is_refused_for_a_reason_by_somebody(self) -> None:
        refused = {"status": "rejected", "decided_at": timezone.now(), "decided_by": make_moderator()}

        assert changing(make_review(), **refused) == "reviews_review_refused_for_a_reason"
        nobody = refused | {"reason_code": "untrue", "decided_by": None}
        assert changing(make_review(), **nobody) == "reviews_review_refused_for_a_reason"

    def test_knows_since_when_it_is_published(self) -> None:
        assert changing(make_published_review(), published_at=None) == "reviews_review_published_since"

    def test_is_claimed_by_somebody_since_a_moment_and_only_while_it_waits(self) -> None:
        claim = {"claimed_by": make_moderator(), "claimed_at": timezone.now()}

        assert changing(make_review(), claimed_at=timezone.now()) == "reviews_review_claim_paired"
        assert changing(make_published_review(), **claim) == "reviews_review_claim_paired"

    def test_is_not_decided_by_its_author(self) -> None:
        review = make_published_review()

        assert changing(review, decided_by=review.author) == "reviews_review_not_judge_in_own_cause"


class TestModerationDecision:
    def decision(self, review: Review, **fields: Any) -> ModerationDecision:
        return ModerationDecision.objects.create(
            review=review,
            event=review.event,
            author=review.author,
            version=review.version,
            decided_at=timezone.now(),
            **fields,
        )

    def test_is_taken_once_per_version(self) -> None:
        review = make_published_review()

        assert violated(lambda: self.decision(review, outcome="published")) == "reviews_decision_once_per_version"

    def test_has_a_reason_and_somebody_who_answers_for_a_refusal(self) -> None:
        review = make_review()

        nobody = violated(lambda: self.decision(review, outcome="hidden", reason_code="untrue"))
        groundless = violated(lambda: self.decision(review, outcome="hidden", decided_by=make_moderator()))

        assert {nobody, groundless} == {"reviews_decision_refused_for_a_reason"}


class TestReviewRevision:
    def test_replaces_a_version_once(self) -> None:
        review = make_review()
        fields = {"review": review, "version": 1, "rating": 5, "is_anonymous": False, "replaced_at": timezone.now()}
        ReviewRevision.objects.create(**fields)

        assert violated(lambda: ReviewRevision.objects.create(**fields)) == "reviews_revision_once_per_version"


class TestReviewReply:
    def reply(self, review: Review, text: str = "Спасибо за отзыв!") -> ReviewReply:
        return ReviewReply.objects.create(
            review=review,
            organizer=review.event.organizer,
            written_by=make_user(),
            text=text,
            created_at=timezone.now(),
        )

    def test_is_the_only_one_of_its_review(self) -> None:
        review = make_review()
        self.reply(review)

        assert violated(lambda: self.reply(review)) == "reviews_reply_one_per_review"

    @pytest.mark.parametrize("text", ["", "я" * 3001])
    def test_has_a_text_of_readable_length(self, text: str) -> None:
        review = make_review()

        assert violated(lambda: self.reply(review, text)) == "reviews_reply_text_length"

    def test_is_changed_after_it_was_written(self) -> None:
        reply = self.reply(make_review())
        before = reply.created_at - timedelta(seconds=1)

        early = violated(lambda: ReviewReply.objects.filter(pk=reply.pk).update(edited_at=before))

        assert early == "reviews_reply_edited_after_written"


class TestReaders:
    def test_vote_once(self) -> None:
        fields = {"review": make_review(), "voter": make_user(), "created_at": timezone.now()}
        HelpfulVote.objects.create(**fields)

        assert violated(lambda: HelpfulVote.objects.create(**fields)) == "reviews_vote_one_per_reader"

    def test_report_once(self) -> None:
        fields = {"review": make_review(), "reporter": make_user(), "reason_code": "untrue"}
        ReviewReport.objects.create(**fields, created_at=timezone.now() - timedelta(days=2))

        again = violated(lambda: ReviewReport.objects.create(**fields, created_at=timezone.now()))

        assert again == "reviews_report_one_per_reader"

    @pytest.mark.parametrize("half", [{"dismissed_at": timezone.now()}, {"dismissed_by": True}], ids=["when", "who"])
    def test_have_reports_dismissed_by_somebody_at_some_time(self, half: dict[str, Any]) -> None:
        fields = {"review": make_review(), "reporter": make_user(), "created_at": timezone.now()}
        report = ReviewReport.objects.create(**fields, reason_code="untrue")
        if "dismissed_by" in half:
            half = {"dismissed_by": make_moderator()}

        change = violated(lambda: ReviewReport.objects.filter(pk=report.pk).update(**half))

        assert change == "reviews_report_dismissed_by_somebody"


class TestRating:
    def test_is_of_one_event_or_one_organizer(self) -> None:
        event = make_past_event()

        assert violated(Rating.objects.create) == "reviews_rating_of_one_subject"
        both = violated(lambda: Rating.objects.create(event=event, organizer=event.organizer))
        assert both == "reviews_rating_of_one_subject"

    def test_is_one_per_event(self) -> None:
        event = make_past_event()
        Rating.objects.create(event=event)

        assert violated(lambda: Rating.objects.create(event=event)) == "reviews_rating_one_per_event"

    def test_is_one_per_organizer(self) -> None:
        organizer = make_organizer()
        Rating.objects.create(organizer=organizer)

        assert violated(lambda: Rating.objects.create(organizer=organizer)) == "reviews_rating_one_per_organizer"

    @pytest.mark.parametrize("stars", [1, 2, 3, 4, 5])
    def test_never_loses_what_it_never_had(self, stars: int) -> None:
        event = make_past_event()

        negative = violated(lambda: Rating.objects.create(event=event, **{f"stars_{stars}": -1}))

        assert negative == "reviews_rating_stars_not_negative"

    @pytest.mark.parametrize("aspect", ["organisation", "safety", "value", "staff"])
    def test_sums_an_aspect_to_one_to_five_times_its_count(self, aspect: str) -> None:
        event = make_past_event()

        low = violated(lambda: Rating.objects.create(event=event, **{f"{aspect}_count": 2, f"{aspect}_sum": 1}))
        high = violated(lambda: Rating.objects.create(event=event, **{f"{aspect}_count": 2, f"{aspect}_sum": 11}))

        assert {low, high} == {"reviews_rating_aspects_plausible"}
