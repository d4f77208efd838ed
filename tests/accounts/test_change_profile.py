"""The caller's own profile."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from bus.models import OutboxRow
from tests.factories.accounts import bearer, make_user

pytestmark = pytest.mark.django_db

URL = "/api/v1/me/"


class TestMe:
    def test_is_read(self, api: APIClient) -> None:
        user = make_user(display_name="Анна")

        answer = api.get(URL, **bearer(user))

        assert answer.data["display_name"] == "Анна"
        assert "password" not in answer.data

    def test_is_not_for_guests(self, api: APIClient) -> None:
        assert api.get(URL).status_code == 401
        assert api.patch(URL, {}).status_code == 401


class TestChangeProfile:
    def test_writes_what_was_given_and_says_so(self, api: APIClient) -> None:
        user = make_user()

        answer = api.patch(URL, {"phone": "8 (916) 123-45-67", "handle": "anna"}, **bearer(user))

        user.refresh_from_db()
        assert answer.status_code == 200
        assert (user.phone, user.handle) == ("+79161234567", "anna")
        row = OutboxRow.objects.get()
        assert (row.wire_type, row.key) == ("accounts.user.changed.v1", str(user.id))
        assert '"phone":"+79161234567"' in row.payload

    def test_says_nothing_when_nothing_differs(self, api: APIClient) -> None:
        user = make_user(display_name="Анна")

        api.patch(URL, {"display_name": "Анна"}, **bearer(user))

        assert not OutboxRow.objects.exists()

    @pytest.mark.parametrize(
        ("given", "pointer"),
        [
            ({"phone": "12"}, "/phone"),
            ({"phone": "по-русски"}, "/phone"),
            ({"handle": "Анна"}, "/handle"),
            ({"time_zone": "Mars/Olympus"}, "/time_zone"),
            ({"locale": "xx"}, "/locale"),
            ({"birth_on": "2999-01-01"}, "/birth_on"),
            ({"birth_on": "yesterday"}, "/birth_on"),
            ({"display_name": "x" * 121}, "/display_name"),
        ],
    )
    def test_names_what_is_wrong(self, api: APIClient, given: dict[str, Any], pointer: str) -> None:
        answer = api.patch(URL, given, **bearer(make_user()))

        assert answer.status_code == 400
        assert [error["pointer"] for error in answer.data["errors"]] == [pointer]

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [("phone", "+79161234567", "phone_taken"), ("handle", "anna", "handle_taken")],
    )
    def test_refuses_what_belongs_to_another_account(self, api: APIClient, field: str, value: str, code: str) -> None:
        make_user(**{field: value})

        answer = api.patch(URL, {field: value}, **bearer(make_user()))

        assert (answer.status_code, answer.data["code"]) == (409, code)

    @pytest.mark.parametrize("field", ["id", "email", "is_staff", "email_verified_at"])
    def test_leaves_alone_what_is_not_the_users_to_change(self, api: APIClient, field: str) -> None:
        user = make_user()
        before = getattr(user, field)

        api.patch(URL, {field: "2026-01-01T00:00:00Z"}, **bearer(user))

        user.refresh_from_db()
        assert getattr(user, field) == before
