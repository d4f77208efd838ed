"""How long accounts keep what gives access, and what was sent."""

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import AccessToken, AccountMail, PersonExport
from common.retention import keep


@keep("accounts.sessions", kept=timedelta(0))
def ended_sessions(limit: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=limit)


@keep("accounts.session_list", kept=timedelta(days=1))
def entries_without_session(limit: datetime) -> QuerySet[UserSession]:
    """Return what the page of one's sessions knows of sessions that are gone."""
    session = Session.objects.filter(session_key=OuterRef("session_key"))
    rows: QuerySet[UserSession] = UserSession.objects.filter(~Exists(session), created_at__lt=limit)
    return rows


@keep("accounts.tokens", kept=timedelta(days=30))
def ended_tokens(limit: datetime) -> QuerySet[AccessToken]:
    """Return tokens that ended long ago; until then their owner sees that they did."""
    rows: QuerySet[AccessToken] = AccessToken.objects.filter(expiry__lt=limit)
    return rows


@keep("accounts.mails", kept=timedelta(days=90))
def sent_mails(limit: datetime) -> QuerySet[AccountMail]:
    """Return mails that were sent; parked ones stay until somebody has looked at them."""
    return AccountMail.objects.filter(status=AccountMail.Status.SENT, sent_at__lt=limit)


@keep("accounts.exports", kept=timedelta(days=7))
def old_exports(limit: datetime) -> QuerySet[PersonExport]:
    """Return files that people have had time to fetch, and orders that came to nothing."""
    return PersonExport.objects.filter(finished_at__lt=limit)
