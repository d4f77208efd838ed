"""Check a code of the second factor: from the authenticator app, or one of the one-time backup codes.

A wrong code is counted and makes the next attempt wait (django-otp: 1, 2, 4, 8 … seconds). So the counting is a use
case of its own: it must stay although the caller's use case is refused.
"""

from datetime import datetime
from uuid import UUID

from accounts.models import Authenticator
from accounts.selectors import get_authenticator
from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction, use_case


class SecondFactorRequired(Problem):
    """The account has a second factor, and no code was given."""

    code = "second_factor_required"
    status = 403
    title = "A code of your second factor is needed."


class WrongCode(Problem):
    """The code is wrong, too old, or was used before."""

    code = "wrong_code"
    status = 403
    title = "This code is not right."


class TooManyCodes(Problem):
    """A wrong code was given a moment ago."""

    code = "too_many_codes"
    status = 429
    title = "Too many wrong codes. Wait a moment before the next one."


def check_code(*, user_id: UUID, code: str, now: datetime) -> Authenticator:
    """Take the code; return the user's second factor.

    Raises:
        SecondFactorRequired: no code was given, or the user has no second factor to check it with.
        WrongCode, TooManyCodes
    """
    with use_case():
        device = get_authenticator(user_id=user_id)
        if device is None or not code:
            raise SecondFactorRequired
        device, refusal = take_code(device=device, code=code, now=now)
    if refusal is not None:
        raise refusal
    return device


@requires_transaction
def take_code(*, device: Authenticator, code: str, now: datetime) -> tuple[Authenticator, Problem | None]:
    """Take the code, or count it as wrong; return the device, and the refusal to raise after the commit."""
    locked: Authenticator = Authenticator.objects.locked().get(pk=device.pk)
    allowed, why = locked.verify_is_allowed()
    if not allowed:
        seconds = max(1, round((why["locked_until"] - now).total_seconds()))
        return locked, TooManyCodes(headers={"Retry-After": str(seconds)})
    if locked.take_code(code, now) or _take_backup_code(locked, code, now):
        locked.throttle_reset(commit=False)
        locked.save(update_fields=["last_step", "drift", "throttling_failure_timestamp", "throttling_failure_count"])
        return locked, None
    locked.throttle_increment(commit=True)
    return locked, WrongCode()


def _take_backup_code(device: Authenticator, code: str, now: datetime) -> bool:
    for backup in device.backup_codes.filter(used_at=None):
        if backup.is_made_from(code):
            device.backup_codes.filter(pk=backup.pk).update(used_at=now)
            record_entry(
                actor_id=device.user_id,
                action="accounts.use_backup_code",
                target_type="accounts.user",
                target_id=str(device.user_id),
                changes={},
            )
            return True
    return False
