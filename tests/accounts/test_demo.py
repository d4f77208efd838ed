"""Users made by commands."""

import io
import json
from base64 import b32decode

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.management.demo import load_demo
from accounts.models import Authenticator, User
from accounts.selectors import list_managed_organizer_ids
from bus.models import OutboxRow
from common.transactions import use_case

pytestmark = pytest.mark.django_db


class TestTheDemo:
    def test_gives_accounts_that_can_sign_in(self, api: APIClient) -> None:
        with use_case():
            known = load_demo({})

        assert set(known["accounts"]) == {"admin", "newadmin", "organizer", "user", "user2", "shop_owner"}
        for role in ("user", "organizer"):
            account = known["accounts"][role]
            given = {"email": account["email"], "password": account["password"]}
            assert api.post("/api/v1/auth/tokens/", given).status_code == 201
            assert api.get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {account['token']}").data["id"] == account["id"]

    def test_gives_the_admin_a_second_factor_and_the_new_admin_none(self) -> None:
        with use_case():
            known = load_demo({})

        device = Authenticator.objects.get()
        assert str(device.user_id) == known["accounts"]["admin"]["id"]
        assert b32decode(known["admin_totp_secret"]) == device.key_bytes
        assert User.objects.get(id=known["accounts"]["newadmin"]["id"]).is_staff

    def test_is_the_same_on_each_run_but_for_passwords_and_tokens(self) -> None:
        with use_case():
            first = load_demo({})
        registered = OutboxRow.objects.count()

        with use_case():
            second = load_demo({})

        assert second["admin_totp_secret"] == first["admin_totp_secret"]
        assert second["demo_people"] == first["demo_people"]
        assert {role: one["id"] for role, one in second["accounts"].items()} == {
            role: one["id"] for role, one in first["accounts"].items()
        }
        assert User.objects.count() == 46
        assert OutboxRow.objects.count() == registered == 46
        organizer = User.objects.get(id=second["accounts"]["organizer"]["id"])
        assert [str(one) for one in list_managed_organizer_ids(user_id=organizer.id)] == [second["demo_organizer_id"]]


class TestMakeUsers:
    def test_prints_users_whose_tokens_work(self, api: APIClient) -> None:
        out = io.StringIO()

        call_command("make_users", count=3, stdout=out)

        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        assert len({line["id"] for line in lines}) == 3
        for line in lines:
            me = api.get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {line['token']}")
            assert me.data["email"] == line["email"]

    def test_is_refused_in_production(self, settings: pytest.FixtureRequest) -> None:
        settings.PRODUCTION = True

        with pytest.raises(CommandError):
            call_command("make_users", count=1)
