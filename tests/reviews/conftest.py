"""Callers of the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AccessToken, User

Sign = Callable[[User], APIClient]


@pytest.fixture
def signed_in() -> Sign:
    """Sign a user in with a token."""

    def sign(user: User, **token: Any) -> APIClient:
        client = APIClient()
        client.force_authenticate(user, token=AccessToken(user=user, **token))
        return client

    return sign


@pytest.fixture
def verified(signed_in: Any) -> Sign:
    """Sign a user in with a token that has seen the second factor."""
    return lambda user: signed_in(user, second_factor_at=timezone.now())
