import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from audit.models import AuditEntry
from bookings.models import ProviderAccount
from bookings.services.set_provider_account import ProviderNotReached, close_provider_account, set_provider_account
from common.problems import InvalidInput, NotAllowed, NotFound
from common.transactions import use_case
from tests.bookings import provider_servers as servers
from tests.bookings.api.test_bookings import member_of, signed_in
from tests.factories.accounts import make_user
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db
STRIPE = {"secret_key": "sk_test_1", "webhook_secret": "whsec_1"}
YOOKASSA = {"shop_id": "100500", "secret_key": "test_secret", "vat_code": "1"}


@pytest.fixture(autouse=True)
def stripe(settings: Any) -> Iterator[servers.StripeServer]:
    with servers.running(servers.StripeServer()) as server:
        settings.STRIPE_API_URL = server.url
        yield server


@pytest.fixture
def yookassa(settings: Any) -> Iterator[servers.YooKassaServer]:
    with servers.running(servers.YooKassaServer()) as server:
        settings.YOOKASSA_API_URL = server.url
        yield server


def owner_of(event: Any) -> User:
    return (
        event.organizer.members.get(role="owner").user
        if event.organizer.members.exists()
        else member_of(event, "owner")
    )


def set_up(event: Any, who: User, **fields: Any) -> ProviderAccount:
    wanted = {"provider": "stripe", "credentials": STRIPE} | fields
    return set_provider_account(owner_id=who.id, organizer_id=event.organizer_id, now=timezone.now(), **wanted)


@pytest.mark.django_db(transaction=True)
def test_several_at_once_leave_one_in_use() -> None:
    event = make_event()
    owner = owner_of(event)

    def set_up_alone(_: int) -> ProviderAccount:
        try:
            return set_up(event, owner)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(set_up_alone, range(4)))

    assert ProviderAccount.objects.in_use().count() == 1
    assert {one.id for one in ProviderAccount.objects.all()} == {one.id for one in made}


class TestSetProviderAccount:
    def test_closes_the_one_before(self, yookassa: servers.YooKassaServer) -> None:
        event = make_event()
        owner = owner_of(event)

        first = set_up(event, owner)
        second = set_up(event, owner, provider="yookassa", credentials=YOOKASSA)

        first.refresh_from_db()
        assert first.closed_at is not None
        assert list(ProviderAccount.objects.in_use()) == [second]
        assert json.loads(ProviderAccount.objects.get(id=first.id).credentials) == STRIPE
        entries = AuditEntry.objects.filter(action="bookings.set_provider_account")
        assert entries.count() == 2
        assert "sk_test_1" not in str([entry.changes for entry in entries])

    @pytest.mark.parametrize(
        "fields",
        [
            {"credentials": {"secret_key": "x"}},
            {"credentials": STRIPE | {"more": "x"}},
            {"credentials": STRIPE | {"secret_key": "ключ"}},
            {"provider": "yookassa", "credentials": {"shop_id": "1", "secret_key": "s", "vat_code": "99"}},
        ],
    )
    def test_wants_what_the_provider_needs(self, fields: dict[str, Any]) -> None:
        event = make_event()

        with pytest.raises(InvalidInput):
            set_up(event, owner_of(event), **fields)

    @pytest.mark.parametrize(
        ("provider", "credentials"),
        [("stripe", STRIPE | {"secret_key": "sk_test_2"}), ("yookassa", YOOKASSA | {"secret_key": "wrong"})],
    )
    def test_takes_nothing_that_the_provider_refuses(
        self, provider: str, credentials: dict[str, str], yookassa: servers.YooKassaServer
    ) -> None:
        event = make_event()
        set_up(event, owner_of(event))

        with pytest.raises(InvalidInput) as refusal:
            set_up(event, owner_of(event), provider=provider, credentials=credentials)

        assert [(one.pointer, one.code) for one in refusal.value.errors] == [("/credentials", "refused")]
        # The account before goes on.
        assert json.loads(ProviderAccount.objects.in_use().get().credentials) == STRIPE

    def test_takes_no_shop_that_is_switched_off(self, yookassa: servers.YooKassaServer) -> None:
        yookassa.status = "disabled"
        event = make_event()

        with pytest.raises(InvalidInput):
            set_up(event, owner_of(event), provider="yookassa", credentials=YOOKASSA)

    def test_changes_nothing_while_the_provider_is_silent(self, stripe: servers.StripeServer) -> None:
        stripe.mood = servers.silent
        event = make_event()

        with pytest.raises(ProviderNotReached) as refusal:
            set_up(event, owner_of(event))

        assert (refusal.value.status, ProviderAccount.objects.count()) == (503, 0)

    def test_is_for_owners(self, stripe: servers.StripeServer) -> None:
        event = make_event()

        with pytest.raises(NotAllowed):
            set_up(event, member_of(event, "manager"))
        with pytest.raises(NotFound):
            set_up(event, make_user())
        assert stripe.requests == []

    def test_is_closed_again(self) -> None:
        event = make_event()
        owner = owner_of(event)
        set_up(event, owner)

        for _ in range(2):
            with use_case():
                close_provider_account(owner_id=owner.id, organizer_id=event.organizer_id, now=timezone.now())

        assert not ProviderAccount.objects.in_use().exists()


class TestApi:
    def test_wants_a_fresh_second_factor(self) -> None:
        event = make_event()

        answer = signed_in(owner_of(event)).put(
            f"/api/v1/organizers/{event.organizer_id}/provider-account/", {"provider": "stripe", "credentials": STRIPE}
        )

        assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")

    def test_shows_no_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        event = make_event()
        monkeypatch.setattr("accounts.api.permissions.is_fresh", lambda *_: True)
        owner: APIClient = signed_in(owner_of(event))
        path = f"/api/v1/organizers/{event.organizer_id}/provider-account/"

        put = owner.put(path, {"provider": "stripe", "credentials": STRIPE})
        got = owner.get(path)
        deleted = owner.delete(path)

        assert (put.status_code, put.json()) == (200, got.json())
        assert "sk_test_1" not in got.content.decode()
        assert got.json()["webhook_url"].endswith(f"/payments/webhooks/stripe/{got.json()['id']}/")
        assert (deleted.status_code, owner.get(path).status_code) == (204, 404)
