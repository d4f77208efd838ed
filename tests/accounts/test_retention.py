from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import AccessToken, AccountMail, User
from common.retention import RETENTION, remove_what_is_over
from tests.factories.accounts import make_token, make_user

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=100)


def remove(name: str) -> None:
    remove_what_is_over(rules=[RETENTION[f"accounts.{name}"]], now=NOW)


def known_session(user: User, key: str, *, created_at: Any = LONG_AGO) -> None:
    entry = UserSession.objects.create(user=user, session_key=key, ip="192.0.2.1", user_agent="Firefox")
    UserSession.objects.filter(pk=entry.pk).update(created_at=created_at)


class TestRetention:
    def test_removes_sessions_that_have_ended(self) -> None:
        Session.objects.create(session_key="over", session_data="", expire_date=NOW - timedelta(seconds=1))
        Session.objects.create(session_key="open", session_data="", expire_date=NOW + timedelta(seconds=1))

        remove("sessions")

        assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]

    def test_forgets_entries_of_sessions_that_are_gone(self) -> None:
        user = make_user()
        Session.objects.create(session_key="open", session_data="", expire_date=NOW + timedelta(days=1))
        known_session(user, "open")
        known_session(user, "gone")
        known_session(user, "new", created_at=NOW)

        remove("session_list")

        assert set(UserSession.objects.values_list("session_key", flat=True)) == {"open", "new"}

    def test_removes_tokens_a_month_after_their_end(self) -> None:
        user = make_user()
        for name, days in (("long over", 31), ("over", 29), ("alive", -1)):
            make_token(user)
            AccessToken.objects.filter(name="").update(name=name, expiry=NOW - timedelta(days=days))

        remove("tokens")

        assert set(AccessToken.objects.values_list("name", flat=True)) == {"over", "alive"}

    def test_removes_mails_that_were_sent_and_keeps_those_that_were_not(self) -> None:
        for status, sent_at in (("sent", LONG_AGO), ("sent", NOW), ("parked", None), ("pending", None)):
            AccountMail.objects.create(
                recipient="anna@example.com", subject="s", text="t", status=status, sent_at=sent_at, created_at=LONG_AGO
            )

        remove("mails")

        kept = AccountMail.objects.order_by("status").values_list("status", "sent_at")
        assert list(kept) == [("parked", None), ("pending", None), ("sent", NOW)]
