"""Confirm a second factor with its first code; from then on every door asks for one.

Gives ten one-time backup codes, shown once; only their keyed hashes are kept.
"""

import secrets
from datetime import datetime
from uuid import UUID

from accounts.domain_events import SecondFactorEnabled
from accounts.models import Authenticator, BackupCode
from accounts.models.authenticator import digest_of_backup_code
from accounts.services.check_code import take_code
from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.problems import Problem
from common.transactions import requires_transaction, use_case

BACKUP_CODES = 10
# 50 bits each, without letters that look alike.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
BACKUP_CODE_LENGTH = 10


class NoEnrolment(Problem):
    """Nothing is being set up."""

    code = "no_enrolment"
    status = 409
    title = "Begin to set up a second factor first."


def confirm_enrolment(*, user_id: UUID, code: str, now: datetime) -> tuple[Authenticator, list[str]]:
    """Check the first code and switch the second factor on; a wrong code is counted, as when signing in.

    Returns:
        The second factor, and its backup codes in plain text for the last time.

    Raises:
        NoEnrolment, WrongCode, TooManyCodes
    """
    with use_case():
        device = Authenticator.objects.unconfirmed().filter(user_id=user_id).first()
        if device is None:
            raise NoEnrolment
        device, refusal = take_code(device=device, code=code, now=now)
        codes = [] if refusal else _switch_on(device)
    if refusal is not None:
        raise refusal
    return device, codes


def _switch_on(device: Authenticator) -> list[str]:
    Authenticator.objects.filter(pk=device.pk).update(confirmed=True)
    device.confirmed = True
    codes = give_backup_codes(device=device)
    record_entry(
        actor_id=device.user_id,
        action="accounts.enrol_second_factor",
        target_type="accounts.user",
        target_id=str(device.user_id),
        changes={"second_factor": [False, True]},
    )
    record_fact(SecondFactorEnabled(user_id=device.user_id))
    return codes


@requires_transaction
def give_backup_codes(*, device: Authenticator) -> list[str]:
    """Replace the device's backup codes and return the new ones."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(BACKUP_CODE_LENGTH)) for _ in range(BACKUP_CODES)]
    device.backup_codes.all().delete()
    BackupCode.objects.bulk_create(
        [BackupCode(authenticator=device, digest=digest_of_backup_code(code)) for code in codes]
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]
