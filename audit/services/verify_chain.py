"""Verify the chain: recompute every seal from its entries and name the first broken link."""

from dataclasses import dataclass

from audit.models import AuditSeal
from audit.seal_digest import GENESIS, digest_of
from audit.selectors import list_entries_between, list_seals
from common.transactions import requires_transaction


@dataclass(frozen=True)
class ChainState:
    """What was verified; `broken` says which link is wrong and how, or is empty."""

    seals: int
    entries: int
    head: str
    broken: str = ""


@requires_transaction
def verify_chain() -> ChainState:
    """Walk the chain from its first link; stop at the first that isn't what its entries and its predecessor say."""
    previous = AuditSeal(number=0, to_transaction=0, digest=GENESIS)
    entries = 0
    for seal in list_seals().iterator():
        wrong = _what_is_wrong(seal, previous)
        if wrong:
            return ChainState(previous.number, entries, previous.digest, f"seal {seal.number}: {wrong}")
        previous = seal
        entries += seal.entry_count
    return ChainState(previous.number, entries, previous.digest)


def _what_is_wrong(seal: AuditSeal, previous: AuditSeal) -> str:
    if seal.number != previous.number + 1:
        return f"seal {previous.number + 1} is missing"
    if seal.previous_digest != previous.digest:
        return "does not follow from the seal before it"
    if seal.from_transaction != previous.to_transaction:
        return "does not begin where the seal before it ends"
    digest, count = digest_of(
        previous_digest=seal.previous_digest,
        number=seal.number,
        from_transaction=seal.from_transaction,
        to_transaction=seal.to_transaction,
        entries=list_entries_between(
            from_transaction=seal.from_transaction, to_transaction=seal.to_transaction
        ).iterator(),
    )
    if count != seal.entry_count:
        return f"covers {seal.entry_count} entries, {count} are there"
    if digest != seal.digest:
        return "an entry that it covers was changed"
    return ""
