"""Note that a token was used, at most once a minute: its owner sees what is still alive."""

from datetime import datetime, timedelta

from accounts.models import AccessToken
from common.statements import prepared_cursor
from common.transactions import run_alone

PRECISION = timedelta(minutes=1)
# Most requests of a program come first in their minute, and the note may be lost: nobody waits for the disk.
NOTE_SQL = """
    UPDATE accounts_accesstoken SET last_used_at = %s
    FROM (SELECT set_config('synchronous_commit', 'off', true)) AS losable
    WHERE digest = %s AND (last_used_at IS NULL OR last_used_at <= %s)
"""


def is_worth_noting(token: AccessToken, now: datetime) -> bool:
    """Tell whether the last note is older than its precision."""
    return token.last_used_at is None or now - token.last_used_at >= PRECISION


def note_token_use(*, token: AccessToken, now: datetime) -> None:
    """Write the time down unless another request did meanwhile.

    Raises:
        NoTransaction: a use case is open, whose COMMIT would not wait for the disk either.
    """
    run_alone(lambda: _note(token, now))


def _note(token: AccessToken, now: datetime) -> None:
    with prepared_cursor() as sql:
        sql.execute(NOTE_SQL, [now, token.digest, now - PRECISION])
