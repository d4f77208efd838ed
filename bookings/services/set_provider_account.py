"""Say where an organizer's money goes: to its own account at a provider, or, without one, to the platform's.

Wrong credentials would stop every sale and every refund, so the provider is asked about them: before the transaction.
"""

import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Organizer, OrganizerMember
from accounts.selectors import get_role
from audit.services.record_entry import record_entry
from bookings.models import ProviderAccount
from bookings.providers.port import ProviderRefused, ProviderUnavailable
from bookings.providers.registry import CREDENTIALS, provider_with
from common.problems import FieldProblem, InvalidInput, NotAllowed, Problem
from common.transactions import requires_transaction, use_case

# They travel in headers.
CREDENTIAL = re.compile(r"[\x21-\x7e]+")
VAT_CODES = frozenset(str(number) for number in range(1, 13))
_WRONG = "These credentials don't belong to this provider, or one of them is missing."
_UNREADABLE = "This isn't what the provider has given you."
_REFUSED = "The provider doesn't accept these credentials."


class ProviderNotReached(Problem):
    """The provider can't say now whether the credentials are right; nothing was changed."""

    code = "provider_not_reached"
    status = 503
    title = "The payment provider does not answer. Nothing was changed; please try again."


def set_provider_account(
    *, owner_id: uuid.UUID, organizer_id: uuid.UUID, provider: str, credentials: Mapping[str, str], now: datetime
) -> ProviderAccount:
    """Return the account that takes new payments from now on; the one before still gives back what it took.

    Raises:
        NotFound, NotAllowed: the person doesn't own the organizer.
        InvalidInput: a credential is missing, or is none, or the provider doesn't accept them.
        ProviderNotReached
    """
    _demand_owner(owner_id, organizer_id)
    _check_form(provider, credentials)
    try:
        provider_with(provider, credentials).check_account()
    except ProviderRefused as error:
        raise InvalidInput(errors=(FieldProblem("/credentials", "refused", _(_REFUSED)),)) from error
    except ProviderUnavailable as error:
        raise ProviderNotReached(headers={"Retry-After": "5"}) from error
    with use_case():
        # Asking took time, in which the owner may have become none.
        _demand_owner(owner_id, organizer_id)
        before = _close(organizer_id, now)
        account = ProviderAccount.objects.create(
            organizer_id=organizer_id, provider=provider, credentials=json.dumps(dict(credentials)), created_at=now
        )
        _audit(owner_id, organizer_id, before, str(account))
    return account


@requires_transaction
def close_provider_account(*, owner_id: uuid.UUID, organizer_id: uuid.UUID, now: datetime) -> None:
    """Let new payments go to the platform's account; nothing happens when they do already.

    Raises:
        NotFound, NotAllowed: the person doesn't own the organizer.
    """
    _demand_owner(owner_id, organizer_id)
    before = _close(organizer_id, now)
    if before:
        _audit(owner_id, organizer_id, before, None)


def _check_form(provider: str, credentials: Mapping[str, str]) -> None:
    wrong = tuple(
        FieldProblem(f"/credentials/{name}", "unknown" if name in credentials else "required", _(_WRONG))
        for name in sorted({*CREDENTIALS[provider]} ^ {*credentials})
    )
    unreadable = tuple(
        FieldProblem(f"/credentials/{name}", "invalid", _(_UNREADABLE))
        for name, value in sorted(credentials.items())
        if not CREDENTIAL.fullmatch(value)
    )
    if wrong or unreadable:
        raise InvalidInput(errors=(*wrong, *unreadable))
    if credentials.get("vat_code", "1") not in VAT_CODES:
        raise InvalidInput(errors=(FieldProblem("/credentials/vat_code", "invalid", _("A number from 1 to 12.")),))


def _demand_owner(user_id: uuid.UUID, organizer_id: uuid.UUID) -> None:
    if get_role(user_id=user_id, organizer_id=organizer_id) != OrganizerMember.Role.OWNER:
        raise NotAllowed()


def _close(organizer_id: uuid.UUID, now: datetime) -> str | None:
    # Two owners at once, or a double click: the second waits and closes what the first has set up.
    Organizer.objects.locked().get(id=organizer_id)
    present = ProviderAccount.objects.in_use().filter(organizer_id=organizer_id).first()
    if present is None:
        return None
    ProviderAccount.objects.in_use().filter(id=present.id).update(closed_at=now)
    return str(present)


def _audit(owner_id: uuid.UUID, organizer_id: uuid.UUID, before: str | None, after: str | None) -> None:
    record_entry(
        actor_id=owner_id,
        action="bookings.set_provider_account",
        target_type="accounts.organizer",
        target_id=str(organizer_id),
        changes={"account": [before, after]},
    )
