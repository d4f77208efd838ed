"""Two people at one review at the same moment, on real connections."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from common.problems import Problem
from common.transactions import use_case
from reviews.models import HelpfulVote, Rating, Review
from reviews.selectors import get_event_rating, recount_reviews
from reviews.services.claim_review import claim_review
from reviews.services.publish_review import publish_review
from reviews.services.vote_helpful import vote_helpful
from reviews.services.write_review import Draft, write_review
from tests.factories.accounts import make_organizer, make_user
from tests.factories.reviews import make_attendee, make_moderator, make_past_event, make_published_review, make_review

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


def at_once(acts: Iterable[Callable[[], Any]]) -> list[str]:
    """Run each act in a thread and a use case of its own, together; return what refused, or 'done'."""
    acts = list(acts)
    gate, outcomes = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        gate.wait()
        try:
            with use_case():
                act()
            outcomes[number] = "done"
        except Problem as problem:
            outcomes[number] = problem.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


class TestRaces:
    def test_one_of_eight_moderators_gets_the_review(self) -> None:
        review, moderators = make_review(), [make_moderator() for _ in range(8)]

        outcomes = at_once(
            lambda one=one: claim_review(review_id=review.pk, moderator_id=one.pk, now=NOW) for one in moderators
        )

        assert outcomes == ["claimed_by_another"] * 7 + ["done"]

    def test_a_double_click_writes_one_review(self) -> None:
        event = make_past_event()
        author = make_attendee(event)
        draft = Draft(rating=5, text="Катунь в сентябре: холодно, ясно, прекрасно.")

        outcomes = at_once(
            lambda: write_review(author_id=author.pk, event_id=event.pk, draft=draft, publish_clean=True, now=NOW)
            for _ in range(6)
        )

        assert outcomes == ["already_reviewed"] * 5 + ["done"]
        assert get_event_rating(event_id=event.pk).count == 1

    def test_ten_first_reviews_published_together_are_all_counted(self) -> None:
        organizer, moderator = make_organizer(), make_moderator()
        events = [make_past_event(organizer=organizer) for _ in range(2)]
        reviews = [make_review(event=events[number % 2], rating=number % 5 + 1) for number in range(10)]
        Review.objects.update(claimed_by=moderator, claimed_at=NOW)

        outcomes = at_once(
            lambda one=one: publish_review(review_id=one.pk, moderator_id=moderator.pk, now=NOW) for one in reviews
        )

        assert outcomes == ["done"] * 10
        for rating in Rating.objects.all():
            counted = recount_reviews(event_id=rating.event_id, organizer_id=rating.organizer_id)
            assert {column: getattr(rating, column) for column in counted} == counted

    def test_a_reader_with_ten_fingers_has_one_vote(self) -> None:
        review, reader = make_published_review(), make_user()

        outcomes = at_once(lambda: vote_helpful(review_id=review.pk, voter_id=reader.pk, now=NOW) for _ in range(10))

        assert outcomes == ["done"] * 10
        assert (HelpfulVote.objects.count(), Review.objects.get().helpful_count) == (1, 1)
