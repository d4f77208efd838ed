"""Note that a token was used, at most once a minute: its owner sees what is still alive."""

from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import AccessToken
from common.transactions import requires_transaction

PRECISION = timedelta(minutes=1)


def is_worth_noting(token: AccessToken, now: datetime) -> bool:
    """Tell whether the last note is older than its precision."""
    return token.last_used_at is None or now - token.last_used_at >= PRECISION


@requires_transaction
def note_token_use(*, token: AccessToken, now: datetime) -> None:
    """Write the time down unless another request did meanwhile."""
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - PRECISION)
    AccessToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
