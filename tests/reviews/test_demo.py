"""The demo's reviews: natural, many, and the same on each run."""

from typing import Any

import pytest

from common.transactions import use_case
from reviews.management.demo import load_demo
from reviews.models import Review, ReviewReply
from reviews.selectors import get_event_rating, recount_reviews
from tests.factories.accounts import make_user
from tests.factories.reviews import make_attendee, make_past_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def known() -> dict[str, Any]:
    return {"accounts": {name: {"id": str(make_user(is_staff=True).pk)} for name in ("admin", "user")}}


def load(known: dict[str, Any]) -> None:
    with use_case():
        load_demo(known)


class TestLoadDemo:
    def test_lets_attendees_speak_and_organizers_answer(self, known: dict[str, Any]) -> None:
        events = [make_past_event(title=title) for title in ("Сплав по Катуни", "Поход на Ольхон", "Вечер на каяках")]
        for number in range(25):
            for event in events:
                make_attendee(event, display_name=f"Анна Зимина {number}а" if number % 2 else f"Иван Зимин {number}")

        load(known)

        texts = list(Review.objects.published().values_list("text", flat=True))
        assert len(texts) == len(set(texts)) >= 50
        assert Review.objects.pending().count() == 2
        assert ReviewReply.objects.count() > 10
        for event in events:
            rating, counted = get_event_rating(event_id=event.pk), recount_reviews(event_id=event.pk)
            assert {column: getattr(rating, column) for column in counted} == counted

    def test_changes_nothing_the_second_time(self, known: dict[str, Any]) -> None:
        event = make_past_event(title="Сплав по Катуни")
        for _ in range(8):
            make_attendee(event)
        load(known)
        before = list(Review.objects.order_by("id").values())

        load(known)

        assert list(Review.objects.order_by("id").values()) == before

    def test_leaves_the_accounts_of_scripts_something_to_review(self, known: dict[str, Any]) -> None:
        event = make_past_event()
        user = make_attendee(event)
        known["accounts"]["user"] = {"id": str(user.pk)}

        load(known)

        assert not Review.objects.filter(author=user).exists()
