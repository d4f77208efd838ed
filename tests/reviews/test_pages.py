"""Pages about reviews: plain HTML that works without JavaScript."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from reviews.models import HelpfulVote, Review, ReviewReply, ReviewReport
from tests.factories.accounts import make_organizer, make_user
from tests.factories.reviews import (
    make_attendee,
    make_moderator,
    make_past_event,
    make_published_review,
    make_review,
)

pytestmark = pytest.mark.django_db
FORM = {
    "rating": "4",
    "text": "Спокойный сплав, вкусный ужин и внимательные проводники.",
    "safety": "5",
    "version": "0",
}


def page_of(event: Any) -> str:
    return f"/events/{event.pk}/reviews/"


@pytest.fixture
def browser() -> Any:
    """A browser that a user may be signed in to."""

    def sign_in(user: Any = None) -> Client:
        client = Client(headers={"accept-language": "en"})
        if user is not None:
            client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


class TestTheList:
    def test_shows_guests_reviews_answers_and_the_histogram(self, browser: Any) -> None:
        owner = make_user()
        event = make_past_event(organizer=make_organizer(owner=owner, name="Katun Club"), title="Katun in spring")
        review = make_published_review(event=event, rating=4)
        browser(owner).post(f"/reviews/{review.pk}/reply/", {"text": "Come again!"})
        make_review(event=event, text="A text that still waits for its moderator.")

        page = browser().get(page_of(event)).content.decode()

        assert review.text in page
        assert "Katun Club" in page
        assert "Come again!" in page
        assert re.search(r'histogram__bar"\s+max="1"\s+value="1"', page)
        assert "still waits" not in page

    def test_escapes_what_people_write(self, browser: Any) -> None:
        review = make_published_review(text="<script>alert('hello, this is a review')</script>")

        page = browser().get(page_of(review.event)).content.decode()

        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_keeps_the_name_of_an_anonymous_author(self, browser: Any) -> None:
        review = make_published_review(is_anonymous=True)

        page = browser().get(page_of(review.event)).content.decode()

        assert review.author.display_name not in page
        assert "Anonymous participant" in page

    def test_narrows_and_orders(self, browser: Any) -> None:
        event = make_past_event()
        good, bad = make_published_review(event=event, rating=5), make_published_review(event=event, rating=1)

        narrowed = browser().get(page_of(event) + "?rating=1").content.decode()
        ordered = browser().get(page_of(event) + "?ordering=highest").content.decode()

        assert bad.text in narrowed
        assert good.text not in narrowed
        assert ordered.index(good.text) < ordered.index(bad.text)

    @pytest.mark.parametrize("query", ["?rating=99", "?rating=x", "?ordering=x", "?page=x", "?page=99"])
    def test_opens_whatever_stands_in_a_shared_link(self, browser: Any, query: str) -> None:
        review = make_published_review()

        answer = browser().get(page_of(review.event) + query)

        assert (answer.status_code, review.text in answer.content.decode()) == (200, True)

    def test_shows_an_author_what_became_of_the_review(self, browser: Any) -> None:
        review = make_review()

        page = browser(review.author).get(page_of(review.event)).content.decode()

        assert "waiting for a moderator" in page
        assert review.text in page

    def test_offers_the_form_to_attendees_only(self, browser: Any) -> None:
        event = make_past_event()

        assert "/write/" in browser(make_attendee(event)).get(page_of(event)).content.decode()
        assert "/write/" not in browser(make_user()).get(page_of(event)).content.decode()

    @pytest.mark.parametrize("count", [1, 8])
    def test_asks_the_database_as_often_for_many_as_for_one(
        self, browser: Any, django_assert_num_queries: Any, count: int
    ) -> None:
        event = make_past_event()
        for _ in range(count):
            make_published_review(event=event)

        with django_assert_num_queries(5):
            browser().get(page_of(event))

    def test_says_404_for_what_is_not_public(self, browser: Any) -> None:
        event = make_past_event()
        type(event).objects.update(status="draft")

        assert browser().get(page_of(event)).status_code == 404


class TestWriting:
    def test_takes_an_attendees_review(self, browser: Any) -> None:
        event = make_past_event()
        client = browser(make_attendee(event))

        answer = client.post(page_of(event) + "write/", FORM, follow=True)

        review = Review.objects.get()
        assert (review.rating, review.safety, review.staff, review.status) == (4, 5, None, "pending")
        assert "A moderator will read your review" in answer.content.decode()

    def test_shows_what_is_wrong_beside_the_field(self, browser: Any) -> None:
        event = make_past_event()

        answer = browser(make_attendee(event)).post(page_of(event) + "write/", FORM | {"text": "short", "rating": ""})

        assert answer.status_code == 400
        assert "errorlist" in answer.content.decode()
        assert not Review.objects.exists()

    def test_asks_guests_to_sign_in(self, browser: Any) -> None:
        url = page_of(make_past_event()) + "write/"

        assert browser().get(url).url.endswith(f"?next={url}")

    def test_refuses_who_was_not_there(self, browser: Any) -> None:
        answer = browser(make_user()).post(page_of(make_past_event()) + "write/", FORM)

        assert answer.status_code == 403
        assert "Only people who attended" in answer.content.decode()

    def test_brings_an_author_to_the_change(self, browser: Any) -> None:
        review = make_review()

        answer = browser(review.author).get(page_of(review.event) + "write/")

        assert answer.url == f"/reviews/{review.pk}/edit/"


class TestChanging:
    def test_is_filled_with_the_review_and_saves_the_change(self, browser: Any) -> None:
        review = make_review(safety=3)
        client, url = browser(review.author), f"/reviews/{review.pk}/edit/"

        shown = client.get(url).content.decode()
        client.post(url, FORM | {"version": "1", "safety": ""})

        assert review.text in shown
        review.refresh_from_db()
        assert (review.rating, review.safety, review.version) == (4, None, 2)

    def test_refuses_a_form_that_is_older_than_the_review(self, browser: Any) -> None:
        review = make_review(version=3)

        assert browser(review.author).post(f"/reviews/{review.pk}/edit/", FORM | {"version": "2"}).status_code == 412

    def test_belongs_to_the_author(self, browser: Any) -> None:
        review = make_published_review()

        assert browser(make_user()).get(f"/reviews/{review.pk}/edit/").status_code == 404
        assert browser(make_user()).post(f"/reviews/{review.pk}/delete/").status_code == 404

    def test_deletes_on_the_authors_request(self, browser: Any) -> None:
        review = make_review()

        browser(review.author).post(f"/reviews/{review.pk}/delete/")

        assert not Review.objects.exists()


class TestReadersButtons:
    def test_vote_and_take_it_back(self, browser: Any) -> None:
        review, client = make_published_review(), browser(make_user())

        answer = client.post(f"/reviews/{review.pk}/helpful/")
        assert (HelpfulVote.objects.count(), answer.url) == (1, f"{page_of(review.event)}#review-{review.pk}")
        client.post(f"/reviews/{review.pk}/helpful/", {"withdraw": "1"})
        assert HelpfulVote.objects.count() == 0

    def test_report(self, browser: Any) -> None:
        review, client = make_published_review(), browser(make_user())

        client.post(f"/reviews/{review.pk}/report/", {"reason_code": "nonsense"})
        client.post(f"/reviews/{review.pk}/report/", {"reason_code": "untrue", "text": "Never happened"})

        assert ReviewReport.objects.get().reason_code == "untrue"

    def test_answer_only_for_the_organizer(self, browser: Any) -> None:
        owner = make_user()
        review = make_published_review(event=make_past_event(organizer=make_organizer(owner=owner)))
        url = f"/reviews/{review.pk}/reply/"

        assert browser(make_user()).post(url, {"text": "Thanks!"}).status_code == 403
        browser(owner).post(url, {"text": "x"})
        browser(owner).post(url, {"text": "Thanks!"})

        assert ReviewReply.objects.get().text == "Thanks!"

    @pytest.mark.parametrize("step", ["helpful", "report", "reply", "delete"])
    def test_need_a_post_by_somebody_signed_in(self, browser: Any, step: str) -> None:
        review = make_published_review()

        assert browser(review.author).get(f"/reviews/{review.pk}/{step}/").status_code == 405
        assert "next=" in browser().post(f"/reviews/{review.pk}/{step}/").url


class TestTheEventPage:
    def test_counts_its_view_by_script_unless_it_is_not_public(self, browser: Any) -> None:
        event = make_past_event()

        page = browser().get(f"/events/{event.pk}/", follow=True).content.decode()

        assert f'<meta name="event-id" content="{event.pk}">' in page
        assert "js/analytics/view.js" in page


class TestAppeal:
    @pytest.fixture
    def refused(self) -> Review:
        return make_review(
            status="rejected",
            decided_by=make_moderator(),
            decided_at=timezone.now(),
            reason_code="advertising",
            reason_text="Names a shop.",
        )

    def test_is_offered_with_the_reason_and_sent_once(self, browser: Any, refused: Review) -> None:
        author, address = browser(refused.author), f"/reviews/{refused.pk}/appeal/"

        listed = author.get(page_of(refused.event)).content.decode()
        page = author.get(address).content.decode()
        sent = author.post(address, {"text": "It is a river, not a shop.", "version": refused.version})
        again = author.post(address, {"text": "It is!", "version": refused.version + 1})

        assert address in listed
        assert "Names a shop." in page
        assert sent.status_code == 302
        assert again.status_code == 409
        review = Review.objects.get()
        assert (review.status, review.appeal_text) == ("pending", "It is a river, not a shop.")
        assert address not in author.get(page_of(refused.event)).content.decode()
        assert author.get(address).headers["Location"] == page_of(refused.event)

    def test_needs_words(self, browser: Any, refused: Review) -> None:
        author = browser(refused.author)

        answers = [
            author.post(f"/reviews/{refused.pk}/appeal/", {"text": words, "version": refused.version})
            for words in (" ", "x" * 2001)
        ]

        assert [one.status_code for one in answers] == [400, 400]
        assert Review.objects.get().status == "rejected"

    def test_refuses_a_version_that_is_gone(self, browser: Any, refused: Review) -> None:
        answer = browser(refused.author).post(
            f"/reviews/{refused.pk}/appeal/", {"text": "Please.", "version": refused.version + 5}
        )

        assert answer.status_code == 412
        assert Review.objects.get().status == "rejected"

    def test_is_the_authors_own(self, browser: Any, refused: Review) -> None:
        address = f"/reviews/{refused.pk}/appeal/"

        assert browser(make_user()).get(address).status_code == 404
        assert browser(make_user()).post(address, {"text": "Please.", "version": "1"}).status_code == 404
        assert browser().get(address).headers["Location"].startswith("/accounts/login/")
