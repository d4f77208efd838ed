"""Seal what has been committed since the last seal: one more link of the hash chain.

No operation waits for the chain: entries are only inserted, and this job follows within seconds, behind the oldest
transaction that is still running, so that no entry can appear in a window that is already sealed.
"""

import structlog
from django.db import connection

from audit.models import AuditSeal
from audit.seal_digest import GENESIS, digest_of
from audit.selectors import get_last_seal, list_entries_between
from common.transaction_ids import read_horizon
from common.transactions import requires_transaction

log = structlog.get_logger(__name__)

# The advisory lock of the one sealer.
LOCK = 0x5EA1


class ChainFromTheFuture(RuntimeError):
    """The last seal ends behind the present horizon: the database was restored into a server whose transaction
    numbers begin anew, and new entries would escape their seal. See audit/README.md."""


@requires_transaction
def seal_entries() -> AuditSeal | None:
    """Append a seal over the new entries; None when there are none or another process is sealing.

    Raises:
        ChainFromTheFuture
    """
    with connection.cursor() as sql:
        sql.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not sql.fetchone()[0]:
            return None
    horizon = read_horizon()
    last = get_last_seal()
    start = last.to_transaction if last else 0
    if horizon.not_yet_given < start:
        raise ChainFromTheFuture(f"seal {last} ends at {start}, the server stands at {horizon.not_yet_given}")
    covered = list_entries_between(from_transaction=start, to_transaction=horizon.finished_before)
    if not covered.exists():
        return None
    return _append(last, start, horizon.finished_before)


def _append(last: AuditSeal | None, start: int, horizon: int) -> AuditSeal:
    number = last.number + 1 if last else 1
    previous_digest = last.digest if last else GENESIS
    digest, count = digest_of(
        previous_digest=previous_digest,
        number=number,
        from_transaction=start,
        to_transaction=horizon,
        entries=list_entries_between(from_transaction=start, to_transaction=horizon).iterator(),
    )
    seal = AuditSeal.objects.create(
        number=number,
        from_transaction=start,
        to_transaction=horizon,
        entry_count=count,
        previous_digest=previous_digest,
        digest=digest,
    )
    # A witness outside the database: whoever rewrites the whole chain can't rewrite the collected logs.
    log.info("audit.sealed", number=number, entry_count=count, digest=digest)
    return seal
