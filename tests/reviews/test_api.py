"""Reviews over REST: guests read, attendees write, readers judge, organizers answer."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from reviews.models import Review
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_event
from tests.factories.reviews import make_attendee, make_past_event, make_published_review, make_review
from tests.reviews.conftest import Sign

pytestmark = pytest.mark.django_db
BODY = {"rating": 4, "text": "Спокойный сплав, вкусный ужин, внимательные проводники.", "aspects": {"safety": 5}}


def reviews_of(event: Any) -> str:
    return f"/api/v1/events/{event.pk}/reviews/"


def codes(response: Any) -> list[tuple[str, str]]:
    return sorted((error["pointer"], error["code"]) for error in response.json()["errors"])


class TestReadingReviews:
    def test_is_open_to_guests_and_shows_only_what_is_published(self, api: APIClient) -> None:
        event = make_past_event()
        review = make_published_review(event=event, rating=5, safety=4)
        make_review(event=event)
        make_published_review()

        body = api.get(reviews_of(event)).json()

        [shown] = body["results"]
        assert shown == {
            "id": str(review.pk),
            "event_id": str(event.pk),
            "author": {"name": review.author.display_name},
            "rating": 5,
            "aspects": {"organisation": None, "safety": 4, "value": None, "staff": None},
            "text": review.text,
            "published_at": shown["published_at"],
            "version": 1,
            "helpful_count": 0,
            "has_my_vote": False,
            "reply": None,
        }

    def test_never_tells_who_wrote_anonymously(self, api: APIClient) -> None:
        review = make_published_review(is_anonymous=True)

        answers = [api.get(reviews_of(review.event)), api.get(f"/api/v1/reviews/{review.pk}/")]

        for answer in answers:
            assert str(review.author_id) not in answer.content.decode()
            assert review.author.display_name not in answer.content.decode()

    def test_narrows_by_rating_and_reply(self, api: APIClient, signed_in: Sign) -> None:
        owner = make_user()
        event = make_past_event(organizer=make_organizer(owner=owner))
        for stars in (5, 5, 2):
            last = make_published_review(event=event, rating=stars)
        signed_in(owner).post(f"/api/v1/reviews/{last.pk}/reply/", {"text": "Простите, исправимся."})

        def ratings(query: str) -> list[int]:
            return [one["rating"] for one in api.get(reviews_of(event) + query).json()["results"]]

        assert ratings("?rating=5") == [5, 5]
        assert ratings("?with_reply=true") == [2]
        assert ratings("?with_reply=false") == [5, 5]

    @pytest.mark.parametrize("query", ["?rating=6", "?rating=good", "?ordering=cheapest"])
    def test_refuses_unknown_values(self, api: APIClient, query: str) -> None:
        response = api.get(reviews_of(make_past_event()) + query)

        assert response.status_code == 400

    @pytest.mark.parametrize(
        ("ordering", "expected"),
        [("newest", [1, 3, 5]), ("helpful", [3, 1, 5]), ("highest", [5, 3, 1]), ("lowest", [1, 3, 5])],
    )
    def test_comes_in_the_wanted_order_over_pages(self, api: APIClient, ordering: str, expected: list[int]) -> None:
        event, now = make_past_event(), timezone.now()
        for age, (stars, votes) in enumerate([(1, 2), (3, 9), (5, 0)]):
            review = make_published_review(event=event, rating=stars, now=now - timedelta(hours=age))
            Review.objects.filter(pk=review.pk).update(helpful_count=votes)

        seen, url = [], f"{reviews_of(event)}?ordering={ordering}&page_size=1"
        while url:
            page = api.get(url).json()
            seen += [one["rating"] for one in page["results"]]
            url = page["next"]

        assert seen == expected

    @pytest.mark.parametrize("status", ["draft", "suspended"])
    def test_finds_no_event_that_is_not_public(self, api: APIClient, status: str) -> None:
        review = make_published_review()
        type(review.event).objects.update(status=status, status_reason="unsafe")

        assert api.get(reviews_of(review.event)).status_code == 404
        assert api.get(f"/api/v1/reviews/{review.pk}/").status_code == 404
        assert api.get(f"/api/v1/events/{review.event_id}/rating/").status_code == 404

    @pytest.mark.parametrize("count", [1, 6])
    def test_asks_the_database_as_often_for_many_as_for_one(
        self, signed_in: Sign, django_assert_num_queries: Any, count: int
    ) -> None:
        event = make_past_event()
        for _ in range(count):
            make_published_review(event=event)
        client = signed_in(make_user())

        with django_assert_num_queries(3):
            client.get(reviews_of(event))


class TestWriting:
    def test_hands_the_review_in(self, signed_in: Sign) -> None:
        event = make_past_event()

        response = signed_in(make_attendee(event)).post(reviews_of(event), BODY)

        body = response.json()
        assert (response.status_code, body["status"], response["ETag"]) == (201, "pending", '"v1"')
        assert body["aspects"]["safety"] == 5

    def test_is_refused_to_guests(self, api: APIClient) -> None:
        assert api.post(reviews_of(make_past_event()), BODY).status_code == 401

    def test_is_refused_to_who_was_not_there(self, signed_in: Sign) -> None:
        response = signed_in(make_user()).post(reviews_of(make_past_event()), BODY)

        assert (response.status_code, response.json()["code"]) == (403, "not_attended")

    def test_is_refused_before_the_end(self, signed_in: Sign) -> None:
        event = make_event()

        response = signed_in(make_attendee(event)).post(reviews_of(event), BODY)

        assert (response.status_code, response.json()["code"]) == (409, "event_not_over")

    def test_is_refused_after_ninety_days(self, signed_in: Sign) -> None:
        event = make_past_event(days_ago=91)

        response = signed_in(make_attendee(event)).post(reviews_of(event), BODY)

        assert (response.status_code, response.json()["code"]) == (409, "review_window_closed")

    def test_is_refused_the_second_time(self, signed_in: Sign) -> None:
        event = make_past_event()
        client = signed_in(make_attendee(event))
        first = client.post(reviews_of(event), BODY)

        response = client.post(reviews_of(event), BODY)

        assert (response.status_code, response.json()["code"]) == (409, "already_reviewed")
        assert response.json()["review_id"] == first.json()["id"]

    def test_names_everything_that_is_wrong(self, signed_in: Sign) -> None:
        event = make_past_event()
        body = {"rating": 6, "text": "коротко", "aspects": {"safety": 0, "staff": "good"}, "is_anonymous": "perhaps"}

        response = signed_in(make_attendee(event)).post(reviews_of(event), body)

        assert response.status_code == 400
        assert codes(response) == [
            ("/aspects/safety", "min_value"),
            ("/aspects/staff", "invalid"),
            ("/is_anonymous", "invalid"),
            ("/rating", "max_value"),
            ("/text", "min_length"),
        ]

    @pytest.mark.parametrize("body", ["[]", "7", "null", '{"rating": 5, "text": "' + "x" * 5001 + '"}', "{"])
    def test_answers_bad_input_with_400(self, signed_in: Sign, body: str) -> None:
        event = make_past_event()

        response = signed_in(make_attendee(event)).generic("POST", reviews_of(event), body, "application/json")

        assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")

    def test_finds_no_absent_event(self, signed_in: Sign) -> None:
        assert signed_in(make_user()).post(f"/api/v1/events/{uuid4()}/reviews/", BODY).status_code == 404


class TestOneReview:
    def test_is_shown_to_its_author_with_its_state(self, signed_in: Sign) -> None:
        review = make_review()

        response = signed_in(review.author).get(f"/api/v1/reviews/{review.pk}/")

        assert (response.json()["status"], response["ETag"]) == ("pending", '"v1"')

    def test_is_hidden_from_others_while_it_waits(self, api: APIClient, signed_in: Sign) -> None:
        review = make_review()

        assert api.get(f"/api/v1/reviews/{review.pk}/").status_code == 404
        assert signed_in(make_user()).get(f"/api/v1/reviews/{review.pk}/").status_code == 404

    def test_changes_what_is_sent_and_keeps_the_rest(self, signed_in: Sign) -> None:
        review = make_published_review(rating=5, safety=5, staff=4)

        response = signed_in(review.author).patch(
            f"/api/v1/reviews/{review.pk}/", {"rating": 2, "aspects": {"safety": None}}, HTTP_IF_MATCH='"v1"'
        )

        body = response.json()
        assert (body["rating"], body["text"], body["status"]) == (2, review.text, "pending")
        assert (body["aspects"]["safety"], body["aspects"]["staff"]) == (None, 4)
        assert response["ETag"] == '"v2"'

    def test_wants_to_know_which_version_is_changed(self, signed_in: Sign) -> None:
        review = make_review()
        client, url = signed_in(review.author), f"/api/v1/reviews/{review.pk}/"

        assert client.patch(url, {"rating": 2}).status_code == 428
        assert client.patch(url, {"rating": 2}, HTTP_IF_MATCH='"v9"').status_code == 412
        assert client.patch(url, {"rating": 2}, HTTP_IF_MATCH="nine").status_code == 400

    def test_stands_after_fourteen_days(self, signed_in: Sign) -> None:
        review = make_review(written_at=timezone.now() - timedelta(days=15))

        response = signed_in(review.author).patch(f"/api/v1/reviews/{review.pk}/", {"rating": 2}, HTTP_IF_MATCH='"v1"')

        assert (response.status_code, response.json()["code"]) == (409, "edit_window_closed")

    def test_is_changed_and_deleted_by_nobody_else(self, api: APIClient, signed_in: Sign) -> None:
        review = make_published_review()
        url, stranger = f"/api/v1/reviews/{review.pk}/", signed_in(make_user())

        assert stranger.patch(url, {"rating": 1}, HTTP_IF_MATCH='"v1"').status_code == 404
        assert stranger.delete(url).status_code == 404
        assert api.delete(url).status_code == 401

    def test_is_deleted_by_its_author(self, signed_in: Sign) -> None:
        review = make_published_review()

        response = signed_in(review.author).delete(f"/api/v1/reviews/{review.pk}/", HTTP_IF_MATCH='"v1"')

        assert response.status_code == 204
        assert not Review.objects.exists()

    def test_is_found_among_ones_own(self, signed_in: Sign, api: APIClient) -> None:
        review = make_review()
        make_review()

        assert [one["id"] for one in signed_in(review.author).get("/api/v1/me/reviews/").json()["results"]] == [
            str(review.pk)
        ]
        assert api.get("/api/v1/me/reviews/").status_code == 401


class TestReplying:
    def test_shows_the_answer_under_the_review(self, api: APIClient, signed_in: Sign) -> None:
        owner = make_user()
        review = make_published_review(event=make_past_event(organizer=make_organizer(owner=owner, name="Катунь")))

        response = signed_in(owner).post(f"/api/v1/reviews/{review.pk}/reply/", {"text": "Спасибо!"})

        assert response.status_code == 201
        [shown] = api.get(reviews_of(review.event)).json()["results"]
        assert (shown["reply"]["organizer"], shown["reply"]["text"]) == ("Катунь", "Спасибо!")

    def test_is_refused_to_guests_strangers_and_the_second_time(self, api: APIClient, signed_in: Sign) -> None:
        owner = make_user()
        review = make_published_review(event=make_past_event(organizer=make_organizer(owner=owner)))
        url = f"/api/v1/reviews/{review.pk}/reply/"
        signed_in(owner).post(url, {"text": "Спасибо!"})

        statuses = [client.post(url, {"text": "Да!"}).status_code for client in (api, signed_in(make_user()))]
        again = signed_in(owner).post(url, {"text": "Да!"})

        assert statuses == [401, 403]
        assert (again.status_code, again.json()["code"]) == (409, "already_replied")

    def test_finds_no_review_that_is_not_public(self, signed_in: Sign) -> None:
        owner = make_user()
        review = make_review(event=make_past_event(organizer=make_organizer(owner=owner)))

        assert signed_in(owner).post(f"/api/v1/reviews/{review.pk}/reply/", {"text": "Да!"}).status_code == 404

    def test_names_what_is_wrong_with_the_text(self, signed_in: Sign) -> None:
        owner = make_user()
        review = make_published_review(event=make_past_event(organizer=make_organizer(owner=owner)))
        url = f"/api/v1/reviews/{review.pk}/reply/"

        assert codes(signed_in(owner).post(url, {"text": ""})) == [("/text", "blank")]
        assert codes(signed_in(owner).post(url, {"text": "Наш сайт: www.katun.example"})) == [("/text", "link")]


class TestReporting:
    def test_is_taken_once(self, signed_in: Sign) -> None:
        review, client = make_published_review(), signed_in(make_user())
        url = f"/api/v1/reviews/{review.pk}/report/"

        first, again = (client.post(url, {"reason_code": "advertising"}) for _ in range(2))

        assert first.status_code == 204
        assert (again.status_code, again.json()["code"]) == (409, "already_reported")

    def test_is_refused_to_guests_and_authors_and_without_a_reason(self, api: APIClient, signed_in: Sign) -> None:
        review = make_published_review()
        url, body = f"/api/v1/reviews/{review.pk}/report/", {"reason_code": "untrue"}

        assert api.post(url, body).status_code == 401
        assert signed_in(review.author).post(url, body).json()["code"] == "own_review"
        assert codes(signed_in(make_user()).post(url, {})) == [("/reason_code", "required")]

    def test_is_limited_a_day(self, signed_in: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("reviews.services.report_review.REPORTS_PER_PERIOD", 0)

        response = signed_in(make_user()).post(
            f"/api/v1/reviews/{make_published_review().pk}/report/", {"reason_code": "untrue"}
        )

        assert (response.status_code, response["Retry-After"]) == (429, "86400")


class TestVoting:
    def test_is_counted_shown_and_taken_back(self, signed_in: Sign) -> None:
        review, client = make_published_review(), signed_in(make_user())
        url = f"/api/v1/reviews/{review.pk}/helpful/"

        assert client.post(url).json() == {"helpful_count": 1, "has_my_vote": True}
        [shown] = client.get(reviews_of(review.event)).json()["results"]
        assert (shown["helpful_count"], shown["has_my_vote"]) == (1, True)
        assert client.delete(url).json() == {"helpful_count": 0, "has_my_vote": False}

    def test_is_refused_to_guests_and_authors(self, api: APIClient, signed_in: Sign) -> None:
        review = make_published_review()
        url = f"/api/v1/reviews/{review.pk}/helpful/"

        assert api.post(url).status_code == 401
        assert signed_in(review.author).post(url).status_code == 403
        assert signed_in(make_user()).post(f"/api/v1/reviews/{uuid4()}/helpful/").status_code == 404


class TestReadingRatings:
    def test_shows_mean_histogram_and_aspects(self, api: APIClient) -> None:
        event = make_past_event()
        for stars in (5, 4, 4):
            make_published_review(event=event, rating=stars, safety=stars)

        body = api.get(f"/api/v1/events/{event.pk}/rating/").json()

        assert json.dumps(body) == json.dumps(
            {
                "count": 3,
                "mean": "4.33",
                "score": "4.1250",
                "histogram": {"5": 1, "4": 2, "3": 0, "2": 0, "1": 0},
                "aspects": {"organisation": None, "safety": "4.33", "value": None, "staff": None},
            }
        )

    def test_is_empty_before_the_first_review(self, api: APIClient) -> None:
        body = api.get(f"/api/v1/events/{make_past_event().pk}/rating/").json()

        assert (body["count"], body["mean"]) == (0, None)

    def test_adds_the_organizers_events_up(self, api: APIClient) -> None:
        organizer = make_organizer()
        for stars in (5, 2):
            make_published_review(event=make_past_event(organizer=organizer), rating=stars)

        body = api.get(f"/api/v1/organizers/{organizer.pk}/rating/").json()

        assert (body["count"], body["mean"]) == (2, "3.50")
