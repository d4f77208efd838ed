from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from common.problems import NotFound
from common.transactions import NoTransaction, use_case
from events.models import Event
from reviews.models import ModerationDecision, Rating, Review
from reviews.services.write_review import (
    AlreadyReviewed,
    Draft,
    EventNotOver,
    NotAttended,
    ReviewWindowClosed,
    write_review,
)
from tests.factories.accounts import make_user
from tests.factories.events import make_event
from tests.factories.reviews import make_attendee, make_past_event, make_review
from tests.reviews.facts import stated

pytestmark = pytest.mark.django_db
NOW = timezone.now()
CALM = Draft(rating=4, text="Спокойный сплав, вкусный ужин и внимательные проводники.", aspects={"safety": 5})


def write(event: Event, author: Any = None, draft: Draft = CALM, *, clean: bool = False, now: datetime = NOW) -> Review:
    author = author or make_attendee(event)
    with use_case():
        return write_review(author_id=author.pk, event_id=event.pk, draft=draft, publish_clean=clean, now=now)


class TestWriteReview:
    def test_waits_for_a_moderator(self) -> None:
        review = write(make_past_event())

        assert (review.status, review.version, review.rating, review.safety, review.staff) == ("pending", 1, 4, 5, None)
        assert stated("reviews.review.published.v1") == []
        assert not Rating.objects.exists()

    def test_is_published_at_once_when_clean_and_allowed(self) -> None:
        review = write(make_past_event(), clean=True)

        assert (review.status, review.decided_by, review.published_at) == ("published", None, NOW)
        assert ModerationDecision.objects.get().decided_by is None
        assert Rating.objects.get(event=review.event).count == 1

    def test_waits_although_allowed_when_the_checks_object(self) -> None:
        event = make_past_event()

        review = write(event, draft=Draft(rating=1, text="Пишите мне на t.me/raft, расскажу правду"), clean=True)

        assert (review.status, review.check_reasons, review.check_score) == ("pending", ["link"], 40)

    def test_names_a_copy_of_another_review(self) -> None:
        event = make_past_event()
        make_review(event=event, text=CALM.text)

        assert write(event).check_reasons == ["duplicate"]

    def test_names_a_new_account(self) -> None:
        event = make_past_event()
        newcomer = make_attendee(event)
        type(newcomer).objects.filter(pk=newcomer.pk).update(created_at=NOW - timedelta(days=1))

        assert write(event, newcomer).check_reasons == ["new_account"]

    def test_names_many_reviews_in_a_few_minutes(self) -> None:
        event = make_past_event()
        author = make_attendee(event)
        for _ in range(3):
            make_review(author=author, written_at=NOW - timedelta(minutes=2))

        assert write(event, author).check_reasons == ["too_fast"]

    def test_refuses_who_was_not_there(self) -> None:
        with pytest.raises(NotAttended):
            write(make_past_event(), make_user())

    def test_refuses_before_the_end(self) -> None:
        event = make_event(starts_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(seconds=1), status="running")

        with pytest.raises(EventNotOver):
            write(event)

        assert write(event, now=event.ends_at).status == "pending"

    def test_refuses_after_ninety_days(self) -> None:
        event = make_past_event()
        closed_at = event.ends_at + timedelta(days=90)

        with pytest.raises(ReviewWindowClosed):
            write(event, now=closed_at)

        assert write(event, now=closed_at - timedelta(seconds=1)).status == "pending"

    def test_refuses_a_second_review_and_names_the_first(self) -> None:
        event = make_past_event()
        author = make_attendee(event)
        first = write(event, author)

        with pytest.raises(AlreadyReviewed) as caught:
            write(event, author)

        assert caught.value.extra == {"review_id": first.pk}

    @pytest.mark.parametrize("status", ["draft", "suspended"])
    def test_finds_no_event_that_is_not_public(self, status: str) -> None:
        event = make_past_event()
        Event.objects.filter(pk=event.pk).update(status=status, status_reason="unsafe")

        with pytest.raises(NotFound):
            write(event)

    def test_refuses_to_run_outside_a_transaction(self) -> None:
        event = make_past_event()

        with pytest.raises(NoTransaction):
            write_review(author_id=make_user().pk, event_id=event.pk, draft=CALM, publish_clean=False, now=NOW)
