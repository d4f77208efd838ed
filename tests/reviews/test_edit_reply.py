from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import OrganizerMember
from common.problems import InvalidInput, NotAllowed, NotFound
from common.transactions import use_case
from reviews.models import Review, ReviewReply
from reviews.services.edit_reply import edit_reply
from reviews.services.reply_to_review import reply_to_review
from tests.factories.accounts import make_organizer, make_user
from tests.factories.reviews import make_past_event, make_published_review
from tests.reviews.facts import stated

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def owner() -> Any:
    return make_user()


@pytest.fixture
def answered(owner: Any) -> Review:
    """A published review that its event's owner has answered."""
    review = make_published_review(event=make_past_event(organizer=make_organizer(owner=owner)))
    with use_case():
        reply_to_review(review_id=review.pk, member_id=owner.pk, text="Спасибо!", now=NOW)
    return review


def edit(review: Review, member: Any, text: str = "Спасибо! Ждём вас в августе.") -> ReviewReply:
    with use_case():
        return edit_reply(review_id=review.pk, member_id=member.pk, text=text, now=NOW + timedelta(hours=1))


class TestEditReply:
    def test_replaces_the_words_and_says_when(self, answered: Review) -> None:
        manager = make_user()
        OrganizerMember.objects.create(organizer=answered.event.organizer, user=manager, role="manager")

        reply = edit(answered, manager)

        assert (reply.text, reply.written_by, reply.created_at) == ("Спасибо! Ждём вас в августе.", manager, NOW)
        assert reply.edited_at == NOW + timedelta(hours=1)

    def test_tells_the_author_of_the_first_answer_only(self, answered: Review, owner: Any) -> None:
        edit(answered, owner)

        assert len(stated("reviews.review.replied.v1")) == 1

    def test_refuses_everybody_else(self, answered: Review) -> None:
        stranger, doorman = make_user(), make_user()
        make_organizer(owner=stranger)
        OrganizerMember.objects.create(organizer=answered.event.organizer, user=doorman, role="door")

        for somebody in (stranger, doorman):
            with pytest.raises(NotAllowed):
                edit(answered, somebody)

    def test_finds_no_answer_where_there_is_none(self, owner: Any) -> None:
        review = make_published_review(event=make_past_event(organizer=make_organizer(owner=owner)))

        with pytest.raises(NotFound):
            edit(review, owner)

    def test_refuses_what_the_automatic_checks_object_to(self, answered: Review, owner: Any) -> None:
        with pytest.raises(InvalidInput) as caught:
            edit(answered, owner, "Пишите на t.me/raft")

        assert [error.code for error in caught.value.errors] == ["link"]
        assert ReviewReply.objects.get().edited_at is None


class TestOnThePage:
    def test_the_owner_changes_the_answer_and_readers_see_that(
        self, answered: Review, owner: Any, client: Client
    ) -> None:
        client.force_login(owner)
        page = f"/events/{answered.event_id}/reviews/"
        address = f"/reviews/{answered.pk}/reply/edit/"

        form = client.get(page).content.decode()
        client.post(address, {"text": "До встречи!"})
        shown = Client().get(page, headers={"Accept-Language": "en"}).content.decode()

        assert (f'action="{address}"' in form, ">Спасибо!</textarea>" in form) == (True, True)
        assert ("До встречи!" in shown, "changed" in shown, address in shown) == (True, True, False)
