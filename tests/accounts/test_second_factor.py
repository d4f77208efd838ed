"""Setting up, using, losing and removing a second factor."""

import re
from base64 import b32decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP

from accounts.models import AccessToken, AccountMail, Authenticator, BackupCode
from accounts.services.begin_enrolment import SecondFactorAlreadySet, begin_enrolment
from accounts.services.check_code import SecondFactorRequired, check_code
from accounts.services.confirm_enrolment import NoEnrolment, confirm_enrolment, give_backup_codes
from accounts.services.invite_to_enrol import EnrolmentLinkInvalid, check_enrolment_link, invite_to_enrol
from accounts.services.remove_second_factor import StaffNeedSecondFactor, remove_second_factor
from accounts.services.reset_second_factor import NothingToReset, OwnSecondFactor, reset_second_factor
from accounts.services.step_up_token import step_up_token
from audit.models import AuditEntry
from bus.models import OutboxRow
from common.transactions import use_case
from tests.factories.accounts import PASSWORD, code_of, make_account, make_authenticator, make_token, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def signed_in(**fields: Any) -> tuple[Any, Client]:
    user = make_account(**fields)
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return user, client


def secret_on(page: str) -> bytes:
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert found
    return b32decode(found[1].replace(" ", ""))


def code_for(key: bytes) -> str:
    totp = TOTP(key)
    return f"{totp.token():06d}"


class TestEnrolment:
    def test_of_a_user_shows_the_secret_takes_a_code_and_gives_backup_codes(self) -> None:
        user, client = signed_in()
        page = client.get("/account/second-factor/").content.decode()

        done = client.post("/account/second-factor/", {"code": code_for(secret_on(page))})

        codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.content.decode())
        assert 'src="data:image/svg+xml' in page
        assert len(set(codes)) == 10
        assert Authenticator.objects.get(user=user).confirmed
        assert AuditEntry.objects.filter(action="accounts.enrol_second_factor").exists()
        assert OutboxRow.objects.get(wire_type="accounts.second_factor.enabled.v1").key == str(user.id)
        assert client.get("/account/second-factor/").status_code == 302

    def test_shows_the_same_secret_until_it_is_confirmed(self) -> None:
        _user, client = signed_in()

        pages = [client.get("/account/second-factor/").content.decode() for _ in range(2)]

        assert secret_on(pages[0]) == secret_on(pages[1])

    def test_refuses_a_wrong_code(self) -> None:
        user, client = signed_in()
        client.get("/account/second-factor/")

        answer = client.post("/account/second-factor/", {"code": "abcdef"})

        assert answer.status_code == 200
        assert not Authenticator.objects.get(user=user).confirmed

    def test_of_staff_needs_the_mailed_link(self) -> None:
        user, client = signed_in(is_staff=True)
        before = client.get("/account/second-factor/").content.decode()
        client.post("/account/second-factor/link/")
        link = re.search(r"https?://[^/\s]+(/\S+)", AccountMail.objects.get().text)
        assert link

        client.get(link[1])

        assert "secret" not in before.replace("csrf", "")
        assert AccountMail.objects.get().recipient == user.email
        assert secret_on(client.get("/account/second-factor/").content.decode())

    def test_link_of_somebody_else_is_refused(self) -> None:
        other = make_user(is_staff=True)
        with use_case():
            invite_to_enrol(user_id=other.id)
        link = re.search(r"https?://[^/\s]+(/\S+)", AccountMail.objects.get().text)
        assert link
        _user, client = signed_in(is_staff=True)

        assert client.get(link[1]).status_code == 403

    def test_link_that_was_changed_is_refused(self) -> None:
        with pytest.raises(EnrolmentLinkInvalid):
            check_enrolment_link(user_id=make_user().id, signed="0199a3c2:nonsense:nonsense")

    def test_asks_for_the_password_again_when_signing_in_was_long_ago(self) -> None:
        client = Client()
        client.force_login(make_account())

        assert client.get("/account/second-factor/")["Location"].startswith("/accounts/reauthenticate/")

    def test_is_begun_once(self) -> None:
        device = make_authenticator(make_user())

        with pytest.raises(SecondFactorAlreadySet), use_case():
            begin_enrolment(user_id=device.user_id)

    def test_is_begun_before_it_is_confirmed(self) -> None:
        with pytest.raises(NoEnrolment):
            confirm_enrolment(user_id=make_user().id, code="123456", now=NOW)


class TestASecret:
    def test_is_encrypted_at_rest(self) -> None:
        device = make_authenticator(make_user())

        with connection.cursor() as sql:
            sql.execute("SELECT key FROM accounts_authenticator")
            [stored] = sql.fetchone()

        assert device.key not in stored
        assert stored.startswith("gAAAA")

    def test_is_one_per_user(self) -> None:
        device = make_authenticator(make_user())

        with pytest.raises(IntegrityError, match="accounts_authenticator_one_per_user"):
            make_authenticator(device.user)


class TestCheckCode:
    @pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_takes_codes_of_the_step_before_and_after(self, steps: int, right: bool) -> None:
        device = make_authenticator(make_user())

        assert device.take_code(code_of(device, NOW, steps=steps), NOW) is right

    def test_follows_a_clock_that_runs_fast(self) -> None:
        device = make_authenticator(make_user())
        check_code(user_id=device.user_id, code=code_of(device, NOW, steps=1), now=NOW)
        later = NOW + timedelta(minutes=5)

        check_code(user_id=device.user_id, code=code_of(device, later, steps=2), now=later)

        device.refresh_from_db()
        assert device.drift == 2

    def test_refuses_an_account_without_a_second_factor(self) -> None:
        with pytest.raises(SecondFactorRequired):
            check_code(user_id=make_user().id, code="123456", now=NOW)

    def test_writes_the_use_of_a_backup_code_down(self) -> None:
        device = make_authenticator(make_user())
        with use_case():
            codes = give_backup_codes(device=device)

        check_code(user_id=device.user_id, code=codes[3], now=NOW)

        assert device.backup_codes.filter(used_at=None).count() == 9
        assert AuditEntry.objects.get().action == "accounts.use_backup_code"

    def test_backup_codes_of_one_device_differ(self) -> None:
        device = make_authenticator(make_user())
        BackupCode.objects.create(authenticator=device, digest="a" * 64)

        with pytest.raises(IntegrityError, match="accounts_backup_code_once"):
            BackupCode.objects.create(authenticator=device, digest="a" * 64)


class TestRenewBackupCodes:
    def test_takes_a_code_and_voids_the_old_ones(self) -> None:
        user, client = signed_in()
        device = make_authenticator(user)
        with use_case():
            give_backup_codes(device=device)
        old = set(device.backup_codes.values_list("digest", flat=True))

        answer = client.post("/account/second-factor/codes/", {"code": code_of(device, timezone.now())})

        assert answer.content.decode().count("<code>") == 10
        assert old.isdisjoint(device.backup_codes.values_list("digest", flat=True))


class TestRemoveSecondFactor:
    def test_takes_a_code_and_takes_the_proof_from_tokens(self) -> None:
        user, client = signed_in()
        device = make_authenticator(user)
        token, _text = make_token(user, second_factor_at=NOW)

        client.post("/account/second-factor/remove/", {"code": code_of(device, timezone.now())})

        token.refresh_from_db()
        assert not Authenticator.objects.exists()
        assert token.second_factor_at is None
        fact = OutboxRow.objects.get(wire_type="accounts.second_factor.removed.v1")
        assert fact.key == str(user.id)

    def test_refuses_a_wrong_code(self) -> None:
        user, client = signed_in()
        make_authenticator(user)

        client.post("/account/second-factor/remove/", {"code": "000000"})

        assert Authenticator.objects.exists()

    def test_refuses_staff(self) -> None:
        device = make_authenticator(make_user(is_staff=True))

        with pytest.raises(StaffNeedSecondFactor), use_case():
            remove_second_factor(user_id=device.user_id)


class TestResetSecondFactor:
    def test_ends_sessions_and_tokens_and_tells_the_owner(self) -> None:
        user, client = signed_in()
        make_authenticator(user)
        make_token(user)
        actor = make_user()

        with use_case():
            reset_second_factor(actor_id=actor.id, user_id=user.id, reason="Lost")

        assert client.get("/account/").status_code == 302
        assert not AccessToken.objects.exists()
        assert not Authenticator.objects.exists()
        assert AccountMail.objects.get().recipient == user.email
        entry = AuditEntry.objects.get(action="accounts.reset_second_factor")
        assert (entry.actor_id, entry.target_id, entry.reason) == (actor.id, str(user.id), "Lost")

    def test_refuses_ones_own(self) -> None:
        user = make_authenticator(make_user()).user

        with pytest.raises(OwnSecondFactor), use_case():
            reset_second_factor(actor_id=user.id, user_id=user.id, reason="")

    def test_refuses_where_there_is_none(self) -> None:
        with pytest.raises(NothingToReset), use_case():
            reset_second_factor(actor_id=make_user().id, user_id=make_user().id, reason="")


class TestStepUp:
    def test_on_the_page_leads_back(self) -> None:
        user = make_user()
        device = make_authenticator(user)
        client = Client()
        client.force_login(user)

        answer = client.post(
            "/account/step-up/", {"code": code_of(device, timezone.now()), "next": "/admin/accounts/user/"}
        )

        assert answer["Location"] == "/admin/accounts/user/"

    def test_does_not_lead_to_other_sites(self) -> None:
        user = make_user()
        device = make_authenticator(user)
        client = Client()
        client.force_login(user)

        answer = client.post("/account/step-up/", {"code": code_of(device, timezone.now()), "next": "//evil.example"})

        assert answer["Location"] == "/account/"

    def test_of_a_session_works_through_the_api(self) -> None:
        user = make_user(is_staff=True, is_superuser=True)
        device = make_authenticator(user)
        client = Client()
        client.force_login(user)

        answer = client.post("/api/v1/auth/step-up/", {"otp_code": code_of(device, timezone.now())})

        assert answer.status_code == 415
        answer = client.post(
            "/api/v1/auth/step-up/", {"otp_code": code_of(device, timezone.now())}, content_type="application/json"
        )
        assert answer.status_code == 204
        assert client.get("/admin/").status_code == 200

    def test_of_a_token_is_noted_on_that_token_only(self) -> None:
        device = make_authenticator(make_user())
        token, _ = make_token(device.user)
        other, _ = make_token(device.user)

        step_up_token(token=token, code=code_of(device, NOW), now=NOW)

        token.refresh_from_db()
        other.refresh_from_db()
        assert (token.second_factor_at, other.second_factor_at) == (NOW, None)
