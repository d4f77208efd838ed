import json
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from audit.models import AuditEntry
from bookings.models import ProviderAccount
from bookings.services.set_provider_account import close_provider_account, set_provider_account
from common.problems import InvalidInput, NotAllowed, NotFound
from common.transactions import use_case
from tests.bookings.api.test_bookings import member_of, signed_in
from tests.factories.accounts import make_user
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db
STRIPE = {"secret_key": "sk_live_1", "webhook_secret": "whsec_1"}


def owner_of(event: Any) -> User:
    return (
        event.organizer.members.get(role="owner").user
        if event.organizer.members.exists()
        else member_of(event, "owner")
    )


def set_up(event: Any, who: User, **fields: Any) -> ProviderAccount:
    wanted = {"provider": "stripe", "credentials": STRIPE} | fields
    with use_case():
        return set_provider_account(owner_id=who.id, organizer_id=event.organizer_id, now=timezone.now(), **wanted)


class TestSetProviderAccount:
    def test_closes_the_one_before(self) -> None:
        event = make_event()
        owner = owner_of(event)

        first = set_up(event, owner)
        second = set_up(
            event, owner, provider="yookassa", credentials={"shop_id": "1", "secret_key": "s", "vat_code": "1"}
        )

        first.refresh_from_db()
        assert first.closed_at is not None
        assert list(ProviderAccount.objects.in_use()) == [second]
        assert json.loads(ProviderAccount.objects.get(id=first.id).credentials) == STRIPE
        entries = AuditEntry.objects.filter(action="bookings.set_provider_account")
        assert entries.count() == 2
        assert "sk_live_1" not in str([entry.changes for entry in entries])

    @pytest.mark.parametrize(
        "fields",
        [
            {"credentials": {"secret_key": "x"}},
            {"credentials": STRIPE | {"more": "x"}},
            {"provider": "yookassa", "credentials": {"shop_id": "1", "secret_key": "s", "vat_code": "99"}},
        ],
    )
    def test_wants_what_the_provider_needs(self, fields: dict[str, Any]) -> None:
        event = make_event()

        with pytest.raises(InvalidInput):
            set_up(event, owner_of(event), **fields)

    def test_is_for_owners(self) -> None:
        event = make_event()

        with pytest.raises(NotAllowed):
            set_up(event, member_of(event, "manager"))
        with pytest.raises(NotFound):
            set_up(event, make_user())

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
        assert "sk_live_1" not in got.content.decode()
        assert got.json()["webhook_url"].endswith(f"/payments/webhooks/stripe/{got.json()['id']}/")
        assert (deleted.status_code, owner.get(path).status_code) == (204, 404)
