import pytest
from django.utils import timezone

from accounts.models import OrganizerMember
from common.problems import InvalidInput, NotAllowed, NotFound
from common.transactions import use_case
from reviews.models import Review, ReviewReply
from reviews.services.reply_to_review import AlreadyReplied, reply_to_review
from tests.factories.accounts import make_organizer, make_user
from tests.factories.reviews import make_past_event, make_published_review, make_review
from tests.reviews.facts import stated

pytestmark = pytest.mark.django_db


def reply(review: Review, member: object, text: str = "Спасибо! Ждём вас снова.") -> ReviewReply:
    with use_case():
        return reply_to_review(review_id=review.pk, member_id=member.pk, text=text, now=timezone.now())  # type: ignore[attr-defined]


class TestReplyToReview:
    def test_answers_in_the_organizers_name(self) -> None:
        owner = make_user()
        review = make_published_review(event=make_past_event(organizer=make_organizer(owner=owner)))

        answer = reply(review, owner)

        assert (answer.organizer, answer.written_by) == (review.event.organizer, owner)
        [fact] = stated("reviews.review.replied.v1")
        assert fact["author_id"] == str(review.author_id)

    def test_refuses_a_second_answer(self) -> None:
        owner = make_user()
        review = make_published_review(event=make_past_event(organizer=make_organizer(owner=owner)))
        reply(review, owner)

        with pytest.raises(AlreadyReplied):
            reply(review, owner)

    def test_refuses_another_organizer(self) -> None:
        foreigner = make_user()
        make_organizer(owner=foreigner)

        with pytest.raises(NotAllowed):
            reply(make_published_review(), foreigner)

    def test_refuses_door_staff(self) -> None:
        review, doorman = make_published_review(), make_user()
        OrganizerMember.objects.create(organizer=review.event.organizer, user=doorman, role="door")

        with pytest.raises(NotAllowed):
            reply(review, doorman)

    def test_finds_nothing_that_is_not_public(self) -> None:
        owner = make_user()

        with pytest.raises(NotFound):
            reply(make_review(event=make_past_event(organizer=make_organizer(owner=owner))), owner)

    def test_refuses_what_the_automatic_checks_object_to(self) -> None:
        owner = make_user()
        review = make_published_review(event=make_past_event(organizer=make_organizer(owner=owner)))

        with pytest.raises(InvalidInput) as caught:
            reply(review, owner, "Вы всё врёте, дебил! Пишите на t.me/raft")

        assert {error.code for error in caught.value.errors} == {"stop_word", "link"}
