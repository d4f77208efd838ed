"""Tokens that sockets are opened with."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessToken, User
from accounts.scopes import READ, WRITE
from messaging.application.ports import SignIn
from messaging.domain.errors import PortUnavailable
from messaging.wiring import make_resources, real_ports
from tests.factories.accounts import make_token, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def token_of(user: User) -> tuple[str, str]:
    """Return a token's text and its id."""
    token, text = make_token(user)
    return text, str(token.id)


def opened_by(*tokens: str) -> list[SignIn | None]:
    async def ask() -> list[SignIn | None]:
        resources = make_resources()
        await resources.open()
        try:
            sign_ins = real_ports(resources, node_id="one").sign_ins
            return await asyncio.gather(*(sign_ins.opened_by(one) for one in tokens))
        finally:
            await resources.close()

    return asyncio.run(ask())


class TestOpenedBy:
    def test_finds_each_ones_own_among_many(self) -> None:
        people = [make_user() for _ in range(3)]
        tokens = [token_of(one) for one in people]

        found = opened_by(*(text for text, _ in tokens), "aqs_nobody's")

        assert found == [*(SignIn(one.pk, "token", key) for one, (_, key) in zip(people, tokens, strict=True)), None]

    def test_opens_nothing_for_a_token_that_only_reads(self) -> None:
        text, _ = token_of(make_user())
        AccessToken.objects.update(scopes=[READ])

        assert opened_by(text) == [None]

    def test_opens_nothing_for_a_token_that_has_expired(self) -> None:
        (text, _), (other, _) = token_of(make_user()), token_of(make_user())
        now = timezone.now()
        AccessToken.objects.update(expiry=now - timedelta(seconds=1), scopes=[READ, WRITE])

        assert opened_by(text, other) == [None, None]

    def test_opens_nothing_for_who_is_banned(self) -> None:
        user = make_user()
        text, _ = token_of(user)
        User.objects.filter(pk=user.pk).update(is_active=False)

        assert opened_by(text) == [None]

    async def test_says_so_when_the_store_is_away(self) -> None:
        resources = make_resources()

        with pytest.raises(PortUnavailable):
            await real_ports(resources, node_id="one").sign_ins.opened_by("aqs_any")
