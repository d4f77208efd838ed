"""What tests of the organizer's pages share."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organizer, User
from tests.factories.accounts import make_organizer, make_user

SignIn = Callable[[User], Client]
Owner = tuple[Organizer, Client]


@pytest.fixture
def signed_in(client: Client) -> SignIn:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    def sign_in(user: User) -> Client:
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def owner(signed_in: SignIn) -> Owner:
    user = make_user()
    return make_organizer(owner=user), signed_in(user)


def text(response: Any) -> str:
    return str(response.content.decode())


def hidden(page: str, name: str) -> str:
    """Return what a hidden field of a page carries."""
    before, _sign, after = page.partition(f'name="{name}"')
    tag = before.rpartition("<input")[2] + after.partition(">")[0]
    return tag.partition('value="')[2].partition('"')[0]
