"""Say where an organizer's money goes: to its own account at a provider, or, without one, to the platform's."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import OrganizerMember
from accounts.selectors import get_role
from audit.services.record_entry import record_entry
from bookings.models import ProviderAccount
from bookings.providers.registry import CREDENTIALS
from common.problems import FieldProblem, InvalidInput, NotAllowed
from common.transactions import requires_transaction


@requires_transaction
def set_provider_account(
    *, owner_id: uuid.UUID, organizer_id: uuid.UUID, provider: str, credentials: Mapping[str, str], now: datetime
) -> ProviderAccount:
    """Return the account that takes new payments from now on; the one before still gives back what it took.

    Raises:
        NotFound, NotAllowed: the person doesn't own the organizer.
        InvalidInput: a credential is missing, or is none.
    """
    _demand_owner(owner_id, organizer_id)
    wanted = CREDENTIALS[provider]
    wrong = tuple(
        FieldProblem(f"/credentials/{name}", "unknown" if name in credentials else "required", _(_WRONG))
        for name in sorted({*wanted} ^ {*credentials})
    )
    if wrong:
        raise InvalidInput(errors=wrong)
    vat_code = credentials.get("vat_code", "1")
    if vat_code not in {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}:
        raise InvalidInput(errors=(FieldProblem("/credentials/vat_code", "invalid", _("A number from 1 to 12.")),))
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


_WRONG = "These credentials don't belong to this provider, or one of them is missing."


def _demand_owner(user_id: uuid.UUID, organizer_id: uuid.UUID) -> None:
    if get_role(user_id=user_id, organizer_id=organizer_id) != OrganizerMember.Role.OWNER:
        raise NotAllowed()


def _close(organizer_id: uuid.UUID, now: datetime) -> str | None:
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
