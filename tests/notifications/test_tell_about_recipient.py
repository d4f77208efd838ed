"""What other services may say of people: nothing that somebody with an account here says themselves."""

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.models import ContactPoint, Recipient
from tests.factories.accounts import make_user
from tests.factories.notifications import make_recipient
from tests.notifications.test_people import put_recipient

pytestmark = pytest.mark.django_db


class TestTellAboutRecipient:
    @pytest.mark.parametrize(
        "claimed",
        [
            {"email": "attacker@example.com"},
            {"email": None},
            {"display_name": "Nobody"},
            {"locale": "en"},
            {"time_zone": "UTC"},
            {"birth_on": "1950-01-01"},
            {"marketing_consent": True},
        ],
    )
    def test_leaves_to_an_account_what_it_says_itself(self, service: APIClient, claimed: dict[str, Any]) -> None:
        account = make_user()
        known = make_recipient(external_id=account.id, email=account.email)

        answer = put_recipient(service, claimed | {"city": "Perm"}, account.id)

        assert (answer.status_code, answer.json()["code"]) == (409, "recipient_has_account")
        assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{name}" for name in claimed]
        assert ContactPoint.objects.get().address == account.email
        assert Recipient.objects.get() == known
        assert Recipient.objects.get().city == ""

    def test_takes_what_an_account_does_not_say_and_shows_nothing_of_it(self, service: APIClient) -> None:
        account = make_user(display_name="Anna", birth_on=date(1988, 5, 17))
        make_recipient(external_id=account.id, display_name="Anna")

        answer = put_recipient(service, {"tags": ["loyal"], "genres": ["Drama"]}, account.id)
        asked = put_recipient(service, {}, account.id)

        assert answer.json() == {"user_id": str(account.id), "tags": ["loyal"], "genres": ["drama"]}
        assert asked.json() == {"user_id": str(account.id)}

    def test_goes_for_accounts_that_are_closed_too(self, service: APIClient) -> None:
        account = make_user(is_active=False)

        assert put_recipient(service, {"email": "attacker@example.com"}, account.id).status_code == 409
