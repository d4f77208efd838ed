"""Replace one's backup codes: the old ones stop working."""

from datetime import datetime
from uuid import UUID

from accounts.services.check_code import check_code
from accounts.services.confirm_enrolment import give_backup_codes
from audit.services.record_entry import record_entry
from common.transactions import use_case


def renew_backup_codes(*, user_id: UUID, code: str, now: datetime) -> list[str]:
    """Check a code and return ten new backup codes: two transactions, see check_code.

    Raises:
        SecondFactorRequired, WrongCode, TooManyCodes
    """
    device = check_code(user_id=user_id, code=code, now=now)
    with use_case():
        codes = give_backup_codes(device=device)
        record_entry(
            actor_id=user_id,
            action="accounts.renew_backup_codes",
            target_type="accounts.user",
            target_id=str(user_id),
            changes={},
        )
    return codes
