"""The lookup that every request of a program makes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone

from accounts.selectors import get_live_token
from tests.factories.accounts import make_account, make_token

pytestmark = pytest.mark.django_db


def columns_of(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


class TestGetLiveToken:
    def test_finds_the_token_and_its_user_as_the_models_read_them(self) -> None:
        token, text = make_token(make_account(), scopes=["read", "account"])

        found = get_live_token(text=text, now=timezone.now())

        token.refresh_from_db()
        assert columns_of(found) == columns_of(token)
        assert columns_of(found.user) == columns_of(token.user)
        assert found.scopes == ["read", "account"]

    def test_takes_one_query(self, django_assert_num_queries: Any) -> None:
        _token, text = make_token(make_account())

        with django_assert_num_queries(1):
            get_live_token(text=text, now=timezone.now()).user.email  # noqa: B018  (reading it must ask nothing)

    def test_finds_no_expired_token(self) -> None:
        token, text = make_token(make_account(), expiry=timedelta(hours=1))

        assert get_live_token(text=text, now=token.expiry - timedelta(seconds=1)) is not None
        assert get_live_token(text=text, now=token.expiry) is None

    def test_finds_no_token_of_somebody_who_may_not_sign_in(self) -> None:
        token, text = make_token(make_account())
        token.user.is_active = False
        token.user.save(update_fields=["is_active"])

        assert get_live_token(text=text, now=timezone.now()) is None

    def test_finds_nothing_by_another_text(self) -> None:
        make_token(make_account())

        assert get_live_token(text="aqs_something", now=timezone.now()) is None
