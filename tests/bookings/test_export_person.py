from typing import Any

import pytest
from rest_framework.utils.encoders import JSONEncoder

from bookings.services.export_person import export_person
from tests.bookings.test_erase_person import traveller
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db


class TestExportPerson:
    def test_tells_everything_of_the_person_and_nothing_of_others(self) -> None:
        booking = traveller()
        traveller()

        told = export_person(user_id=booking.user_id)

        [mine] = told["bookings"]
        assert (mine["id"], mine["event__title"], mine["amount"]) == (booking.id, booking.event.title, booking.amount)
        assert [one["holder_name"] for one in mine["tickets"]] == ["Вера", ""]
        assert [(one["prompt"], one["value"]) for one in mine["answers"]] == [("Illnesses?", "Asthma")]
        assert [(one["amount"], one["status"]) for one in mine["payments"]] == [(booking.amount, "succeeded")]
        assert [one["email"] for one in mine["offers"]] == ["friend@example.com"]
        assert [one["quantity"] for one in mine["items"]] == [2]
        assert (mine["refunds"], told["waiting_lists"]) == ([], [])
        assert JSONEncoder().encode(told)

    @pytest.mark.parametrize("bookings", [1, 3])
    def test_asks_the_database_the_same_for_one_booking_and_for_many(
        self, bookings: int, django_assert_num_queries: Any
    ) -> None:
        person = make_user()
        for _ in range(bookings):
            traveller(person)

        with django_assert_num_queries(8):
            assert len(export_person(user_id=person.id)["bookings"]) == bookings
