"""A review's way: an attendee writes, a moderator publishes, the organizer answers, guests read."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

Make = Callable[..., httpx.Client]
TEXT = "Вернулись вчера, а река до сих пор шумит в ушах. Спокойно, надёжно, очень красиво."
ANSWER = "Спасибо, что были с нами! Река передаёт привет."


@pytest.fixture
def event_id(stack: dict[str, Any], client: Make) -> Iterator[str]:
    """A finished event that the demo's user attended and, before and after this journey, has not reviewed."""
    wanted = stack["demo_attended_event"]
    yield wanted
    user = client("user")
    for review in user.get("/api/v1/me/reviews/").json()["results"]:
        if review["event_id"] == wanted:
            user.delete(f"/api/v1/reviews/{review['id']}/").raise_for_status()


class TestReview:
    def test_goes_from_the_attendee_over_moderator_and_organizer_to_guests(self, event_id: str, client: Make) -> None:
        guest, attendee, moderator, organizer = client(), client("user"), client("admin"), client("organizer")
        reviews, queue = f"/api/v1/events/{event_id}/reviews/", "/api/v1/moderation/reviews/"
        before = guest.get(f"/api/v1/events/{event_id}/rating/").json()

        written = attendee.post(reviews, json={"rating": 5, "text": TEXT, "aspects": {"safety": 5}})
        assert written.status_code == 201, written.text
        review_id = written.json()["id"]
        assert guest.get(f"/api/v1/reviews/{review_id}/").status_code == 404
        assert client("user2").get(queue).status_code == 403

        claimed = moderator.post(f"{queue}{review_id}/claim/")
        assert claimed.status_code == 200, claimed.text
        published = moderator.post(f"{queue}{review_id}/publish/")
        assert published.json()["status"] == "published", published.text
        answered = organizer.post(f"/api/v1/reviews/{review_id}/reply/", json={"text": ANSWER})
        assert answered.status_code == 201, answered.text

        shown = guest.get(reviews, params={"ordering": "newest"}).json()["results"][0]
        assert (shown["id"], shown["text"], shown["reply"]["text"]) == (review_id, TEXT, ANSWER)
        after = guest.get(f"/api/v1/events/{event_id}/rating/").json()
        assert (after["count"], after["histogram"]["5"]) == (before["count"] + 1, before["histogram"]["5"] + 1)
        page = guest.get(f"/events/{event_id}/reviews/")
        assert (TEXT in page.text, ANSWER in page.text) == (True, True)

    def test_is_closed_to_who_was_not_there(self, event_id: str, client: Make) -> None:
        refused = client("shop_owner").post(f"/api/v1/events/{event_id}/reviews/", json={"rating": 1, "text": TEXT})

        assert (refused.status_code, refused.json()["code"]) == (403, "not_attended")
