"""Who counts as verified staff, and whose code is fresh."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.api.permissions import HasFreshSecondFactor, IsVerifiedStaff
from tests.factories.accounts import make_token, make_user

pytestmark = pytest.mark.django_db


def request(user: Any, *, verified: bool | None = None, token: Any = None, code_age: timedelta | None = None) -> Any:
    if verified is not None:
        user.is_verified = lambda: verified
    session = {} if code_age is None else {"second_factor_at": (timezone.now() - code_age).isoformat()}
    return SimpleNamespace(user=user, auth=token, session=session)


class TestIsVerifiedStaff:
    @pytest.mark.parametrize(
        ("is_staff", "verified", "allowed"),
        [(True, True, True), (True, False, False), (False, True, False), (True, None, False)],
    )
    def test_in_a_session(self, is_staff: bool, verified: bool | None, allowed: bool) -> None:
        asked = request(make_user(is_staff=is_staff), verified=verified)

        assert IsVerifiedStaff().has_permission(asked, None) is allowed

    @pytest.mark.parametrize(
        ("is_staff", "second_factor", "allowed"), [(True, True, True), (True, False, False), (False, True, False)]
    )
    def test_with_a_token(self, is_staff: bool, second_factor: bool, allowed: bool) -> None:
        user = make_user(is_staff=is_staff)
        token, _text = make_token(user, second_factor_at=timezone.now() if second_factor else None)

        assert IsVerifiedStaff().has_permission(request(user, token=token), None) is allowed


class TestHasFreshSecondFactor:
    @pytest.mark.parametrize(("minutes", "allowed"), [(1, True), (14, True), (16, False)])
    def test_in_a_session(self, minutes: int, allowed: bool) -> None:
        asked = request(make_user(), verified=True, code_age=timedelta(minutes=minutes))

        assert HasFreshSecondFactor().has_permission(asked, None) is allowed

    @pytest.mark.parametrize(("minutes", "allowed"), [(1, True), (16, False), (None, False)])
    def test_with_a_token(self, minutes: int | None, allowed: bool) -> None:
        user = make_user()
        at = None if minutes is None else timezone.now() - timedelta(minutes=minutes)
        token, _text = make_token(user, second_factor_at=at)

        assert HasFreshSecondFactor().has_permission(request(user, token=token), None) is allowed
