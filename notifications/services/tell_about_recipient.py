"""Take what another service tells about a person. What somebody with an account here says of themselves, no service may
say for them: it would have their mail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from common.problems import FieldProblem, Problem
from common.transactions import requires_transaction
from notifications.models import Recipient
from notifications.selectors import has_account
from notifications.services.save_recipient import RecipientDetails, save_recipient

OF_THE_ACCOUNT = frozenset(
    {"email", "display_name", "locale", "time_zone", "birth_on", "registered_at", "marketing_consent"}
)


class RecipientHasAccount(Problem):
    """Accounts here tell these things themselves."""

    code = "recipient_has_account"
    title = "This person has an account here and says this themselves."


@requires_transaction
def tell_about_recipient(*, user_id: UUID, told: Mapping[str, Any], now: datetime) -> Recipient:
    """Keep what is told by its names in `RecipientDetails`; None forgets.

    Raises:
        RecipientHasAccount
    """
    claimed = sorted(OF_THE_ACCOUNT & told.keys())
    if claimed and has_account(user_id=user_id):
        detail = gettext("The account says this.")
        raise RecipientHasAccount(errors=tuple(FieldProblem(f"/{name}", "of_the_account", detail) for name in claimed))
    details = RecipientDetails(
        **{name: value for name, value in told.items() if value is not None},
        forgotten=frozenset(name for name, value in told.items() if value is None),
    )
    return save_recipient(user_id=user_id, details=details, now=now)
