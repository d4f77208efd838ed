"""Give another service a token, and the sources that it may speak for."""

import re
from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext

from accounts.models import AccessToken, User
from accounts.services.find_or_add_service_account import find_or_add_service_account
from accounts.services.issue_token import LONGEST_LIFETIME_DAYS, make_token
from audit.services.record_entry import record_entry
from common.problems import FieldProblem, InvalidInput
from common.transactions import requires_transaction
from notifications.models import ServiceSource
from notifications.scopes import EVENTS_SCOPE, SERVICE_SCOPES
from notifications.selectors.intake import list_sources_of

# It is the first part of an address, and is read in the log.
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,58}[a-z0-9]")
LONGEST_SOURCE = 100
OUR_OWN_SOURCE = "aquastream"


@requires_transaction
def issue_service_token(
    *,
    service: str,
    scopes: Collection[str],
    sources: Collection[str],
    lifetime_days: int,
    actor_id: UUID | None,
) -> tuple[AccessToken, str]:
    """Make a token of the service with this name, which gets the sources beside those that it has.

    A service may have several tokens: the next one is in use before the last one ends.

    Returns:
        The stored token, and its text, which nobody can read again.

    Raises:
        InvalidInput, ServiceNameTaken, ServiceSwitchedOff
    """
    _check(service, scopes, sources, lifetime_days)
    account = find_or_add_service_account(name=service)
    known = list_sources_of(account_id=account.id)
    if EVENTS_SCOPE in scopes and not sources and not known:
        raise _invalid("sources", gettext("A service that sends events speaks for a source."))
    added = sorted(set(sources) - set(known))
    for source in added:
        _grant(account, source, actor_id)
    token, text = make_token(
        user_id=account.id,
        name=service,
        scopes=sorted(set(scopes)),
        lifetime_days=lifetime_days,
        second_factor_at=None,
    )
    record_entry(
        actor_id=actor_id,
        action="notifications.issue_service_token",
        target_type="notifications.servicetoken",
        target_id=str(token.id),
        changes={"service": [None, service], "scopes": [None, token.scopes], "lifetime_days": [None, lifetime_days]},
    )
    return token, text


def _check(service: str, scopes: Collection[str], sources: Collection[str], lifetime_days: int) -> None:
    if not NAME.fullmatch(service):
        raise _invalid("service", gettext("Small Latin letters, digits, dots, dashes and underscores, from 2 to 60."))
    if not scopes or not set(scopes) <= set(SERVICE_SCOPES):
        raise _invalid("scopes", gettext("One or more of: %s.") % ", ".join(SERVICE_SCOPES))
    for source in sources:
        if source == OUR_OWN_SOURCE:
            raise _invalid("sources", gettext("Nobody else speaks for this product's own apps."))
        if not source.strip() or source != source.strip() or len(source) > LONGEST_SOURCE or not source.isprintable():
            raise _invalid("sources", gettext("This is not the name of a source: %s.") % repr(source[:60]))
    if not 1 <= lifetime_days <= LONGEST_LIFETIME_DAYS:
        raise _invalid("lifetime_days", gettext("From 1 to %s days.") % LONGEST_LIFETIME_DAYS)


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=(FieldProblem(f"/{field}", "invalid_value", detail),))


def _grant(account: User, source: str, actor_id: UUID | None) -> None:
    ServiceSource.objects.get_or_create(account=account, source=source)
    record_entry(
        actor_id=actor_id,
        action="notifications.grant_source",
        target_type="notifications.servicesource",
        target_id=str(account.id),
        changes={"source": [None, source]},
    )
