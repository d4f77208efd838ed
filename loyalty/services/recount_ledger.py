"""Count everything in the ledger again and tell how much disagrees: always nothing, or an alarm."""

import structlog

from loyalty.metrics import LEDGER_DISCREPANCY
from loyalty.selectors import count_ledger_discrepancies

log = structlog.get_logger(__name__)


def recount_ledger() -> int:
    """Return how many accounts, lots and transactions disagree; set the gauge."""
    found = count_ledger_discrepancies()
    LEDGER_DISCREPANCY.set(found)
    if found:
        log.error("loyalty.ledger.discrepancy", count=found)
    return found
