"""The moderators' queue over REST."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tests.factories.accounts import make_staff, make_user
from tests.factories.reviews import make_moderator, make_published_review, make_review
from tests.reviews.conftest import Sign

pytestmark = pytest.mark.django_db
QUEUE = "/api/v1/moderation/reviews/"
REFUSAL = {"reason_code": "personal_data", "reason_text": "Без фамилий, пожалуйста."}


class TestTheQueue:
    def test_is_closed_to_everybody_but_verified_moderators(
        self, api: APIClient, signed_in: Sign, verified: Sign
    ) -> None:
        review = make_review()
        doors = [QUEUE, *(f"{QUEUE}{review.pk}/{step}" for step in ("", "claim/", "publish/", "reject/", "hide/"))]
        for door in doors:
            ask = (lambda client, door=door: client.get(door)) if door in doors[:2] else self.poster(door)

            assert ask(api).status_code == 401
            assert ask(signed_in(make_user())).status_code == 403
            assert ask(signed_in(make_moderator())).status_code == 403
            assert ask(verified(make_staff("support"))).status_code == 403

    @staticmethod
    def poster(door: str) -> Any:
        return lambda client: client.post(door, REFUSAL)

    def test_shows_what_waits_oldest_first_with_what_the_checks_found(self, verified: Sign) -> None:
        now = timezone.now()
        late = make_review(written_at=now - timedelta(hours=1))
        early = make_review(written_at=now - timedelta(hours=5), check_reasons=["link"], check_score=40)
        make_published_review()

        results = verified(make_moderator()).get(QUEUE).json()["results"]

        assert [one["id"] for one in results] == [str(early.pk), str(late.pk)]
        assert (results[0]["check_reasons"], results[0]["check_score"]) == (["link"], 40)
        assert results[0]["author_id"] == str(early.author_id)

    def test_narrows_by_status_report_and_reason(self, verified: Sign) -> None:
        waiting = make_review(check_reasons=["link"], check_score=40)
        published, reported = make_published_review(), make_published_review(report_count=2)
        client = verified(make_moderator())

        def found(query: str) -> set[str]:
            return {one["id"] for one in client.get(QUEUE + query).json()["results"]}

        assert found("?status=published") == {str(published.pk), str(reported.pk)}
        assert found("?reported=true") == {str(reported.pk)}
        assert found("?check_reason=link") == {str(waiting.pk)}
        assert client.get(QUEUE + "?status=lost").status_code == 400

    @pytest.mark.parametrize("count", [1, 5])
    def test_asks_the_database_as_often_for_many_as_for_one(
        self, verified: Sign, django_assert_num_queries: Any, count: int
    ) -> None:
        for _ in range(count):
            make_review()
        client = verified(make_moderator())

        # Two ask for the moderator's permissions.
        with django_assert_num_queries(4):
            client.get(QUEUE)


class TestDeciding:
    def test_claims_and_publishes(self, api: APIClient, verified: Sign) -> None:
        review, moderator = make_review(), make_moderator()
        client = verified(moderator)

        claimed = client.post(f"{QUEUE}{review.pk}/claim/")
        published = client.post(f"{QUEUE}{review.pk}/publish/")

        assert claimed.json()["claimed_by_id"] == str(moderator.pk)
        assert (published.json()["status"], published.json()["decided_by_id"]) == ("published", str(moderator.pk))
        assert api.get(f"/api/v1/reviews/{review.pk}/").status_code == 200

    def test_claims_and_rejects_so_that_the_author_reads_why(self, signed_in: Sign, verified: Sign) -> None:
        review, client = make_review(), verified(make_moderator())
        client.post(f"{QUEUE}{review.pk}/claim/")

        client.post(f"{QUEUE}{review.pk}/reject/", REFUSAL)

        told = signed_in(review.author).get(f"/api/v1/reviews/{review.pk}/").json()
        assert (told["status"], told["reason_code"], told["reason_text"]) == ("rejected", *REFUSAL.values())

    def test_hides_what_is_published(self, api: APIClient, verified: Sign) -> None:
        review = make_published_review()
        client = verified(make_moderator())

        assert client.post(f"{QUEUE}{review.pk}/hide/", REFUSAL, HTTP_IF_MATCH='"v2"').status_code == 412
        assert client.post(f"{QUEUE}{review.pk}/hide/", REFUSAL).json()["status"] == "hidden"
        assert api.get(f"/api/v1/reviews/{review.pk}/").status_code == 404

    def test_refuses_two_moderators_at_one_review(self, verified: Sign) -> None:
        review = make_review()
        verified(make_moderator()).post(f"{QUEUE}{review.pk}/claim/")
        second = verified(make_moderator())

        answers = [second.post(f"{QUEUE}{review.pk}/{step}/", REFUSAL) for step in ("claim", "publish", "reject")]

        assert {(one.status_code, one.json()["code"]) for one in answers} == {(409, "claimed_by_another")}

    def test_refuses_without_a_claim_without_a_reason_and_twice(self, verified: Sign) -> None:
        review, client = make_review(), verified(make_moderator())

        assert client.post(f"{QUEUE}{review.pk}/publish/").json()["code"] == "review_not_claimed"
        assert client.post(f"{QUEUE}{review.pk}/reject/", {}).status_code == 400
        client.post(f"{QUEUE}{review.pk}/claim/")
        client.post(f"{QUEUE}{review.pk}/publish/")
        assert client.post(f"{QUEUE}{review.pk}/publish/").json()["code"] == "review_not_pending"
        assert client.post(f"{QUEUE}{uuid4()}/claim/").status_code == 404

    def test_shows_a_moderator_what_was_changed(self, signed_in: Sign, verified: Sign) -> None:
        review = make_review(rating=5)
        signed_in(review.author).patch(f"/api/v1/reviews/{review.pk}/", {"rating": 1}, HTTP_IF_MATCH='"v1"')

        body = verified(make_moderator()).get(f"{QUEUE}{review.pk}/").json()

        assert [(one["version"], one["rating"]) for one in body["revisions"]] == [(1, 5)]
