"""A new password, on its page: whoever knew the old one is out."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.domain_events import SignInEnded
from accounts.models import AccessToken, AccountMail
from audit.models import AuditEntry
from bus.models import OutboxRow
from tests.factories.accounts import PASSWORD, bearer, make_account, make_token

pytestmark = pytest.mark.django_db
NEW = "another long pass phrase"


class TestChangePassword:
    def test_ends_tokens_and_other_sessions_and_tells_the_owner(self) -> None:
        user, bystander = make_account(locale="en"), make_account()
        mine, others = Client(), Client()
        mine.force_login(user)
        others.force_login(user)
        header = bearer(user)
        make_token(bystander)

        answer = mine.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

        user.refresh_from_db()
        assert answer.status_code == 302
        assert user.check_password(NEW)
        assert Client().get("/api/v1/me/", **header).status_code == 401
        assert AccessToken.objects.get().user == bystander
        assert mine.get("/api/v1/me/").status_code == 200
        assert others.get("/api/v1/me/").status_code in (401, 403)
        assert AccountMail.objects.get().subject == "Your password was changed"
        assert AuditEntry.objects.get().action == "accounts.change_password"

    def test_ends_what_is_still_open_with_the_old_one(self) -> None:
        user, mine, thiefs = make_account(), Client(), Client()
        for client in (mine, thiefs):
            client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

        mine.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

        assert [one.session_key for one in Session.objects.all()] == [mine.session.session_key]
        assert mine.get("/api/v1/me/").status_code == 200
        assert [fact.key for fact in OutboxRow.objects.filter(wire_type=SignInEnded.wire_type)] == [str(user.id)]

    def test_changes_nothing_for_a_wrong_old_password(self) -> None:
        user, client = make_account(), Client()
        client.force_login(user)
        make_token(user)

        client.post("/accounts/password/change/", {"oldpassword": "wrong", "password1": NEW, "password2": NEW})

        user.refresh_from_db()
        assert user.check_password(PASSWORD)
        assert AccessToken.objects.exists()
