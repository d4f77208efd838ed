"""Work on files, a few hundred rows to a transaction: what is written and how far the job has got are one commit.

A worker that dies leaves a job to the next one when its lease ends, which goes on behind the last row that was brought
in. An export writes nothing but its file, so it begins again.
"""

import uuid
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError

from common.transactions import requires_transaction, use_case
from loyalty.customer_files import (
    CustomerRow,
    Line,
    UnreadableFile,
    WrongRow,
    contact_of,
    read_customer,
    read_lines,
    write_lines,
)
from loyalty.models import LedgerTransaction, Project, Transfer
from loyalty.report_selectors import EXPORTED
from loyalty.selectors import opened_customers
from loyalty.services.award_points import Award, Plan, award, carry_out
from loyalty.services.find_customers import Person, find_customers, find_or_create_customers
from loyalty.services.post_transactions import lock_accounts

log = structlog.get_logger(__name__)

ROWS_AT_ONCE = 500
EXPORTED_AT_ONCE = 5_000
LEASE = timedelta(seconds=60)
MOST_ERRORS = 100
# Codes of rows that are well written and left out all the same.
REPEATED = "repeated_in_file"
OPENED = "points_given_before"
Status = Transfer.Status
Clock = Callable[[], datetime]


class LeaseLost(RuntimeError):
    """Another worker has taken the job over."""


def run_transfers(*, clock: Clock) -> int:
    """Open the transactions of one job; return how many jobs there were."""
    with use_case():
        transfer = claim_transfer(now=clock())
    if transfer is None:
        return 0
    try:
        if transfer.is_import:
            _import(transfer, clock)
        else:
            _export(transfer, clock)
    except LeaseLost:
        log.warning("loyalty.transfer.lease_lost", transfer=str(transfer.id))
    except UnreadableFile as error:
        _fail(transfer, str(error), clock)
    except (OperationalError, InterfaceError):
        # The database is away: the lease ends, and somebody goes on.
        raise
    except Exception:
        log.exception("loyalty.transfer.failed", transfer=str(transfer.id))
        _fail(transfer, "internal_error", clock)
    return 1


@requires_transaction
def claim_transfer(*, now: datetime) -> Transfer | None:
    """Return the oldest job that nobody works on."""
    transfer = Transfer.objects.due(now).locked_unless_taken().select_related("project").first()
    if transfer is not None:
        transfer.status, transfer.lease_expires_at = Status.RUNNING, now + LEASE
        transfer.save(update_fields=["status", "lease_expires_at"])
    return transfer


def _import(transfer: Transfer, clock: Clock) -> None:
    lines = read_lines(bytes(transfer.content))
    repeated = _repeated(lines, transfer.project.default_region)
    while True:
        with use_case():
            now = clock()
            part = lines[transfer.rows_done : transfer.rows_done + ROWS_AT_ONCE]
            if transfer.started_at is None:
                wrong = check_rows(transfer=transfer, lines=part, repeated=repeated)
            else:
                wrong = import_rows(transfer=transfer, lines=part, repeated=repeated, now=now)
            transfer.rows_total, transfer.rows_done = len(lines), transfer.rows_done + len(part)
            transfer.failed_rows += len(wrong)
            transfer.errors = [*transfer.errors, *wrong][:MOST_ERRORS]
            if transfer.rows_done < len(lines):
                _go_on(transfer, now)
            elif transfer.started_at is None:
                _end(transfer, Status.CHECKED, None)
            else:
                _end(transfer, Status.DONE, now)
        if transfer.status != Status.RUNNING:
            return


@requires_transaction
def check_rows(*, transfer: Transfer, lines: list[Line], repeated: Collection[int]) -> list[dict[str, object]]:
    """Return what is wrong with rows; nothing is written."""
    right, wrong = _understood(transfer.project, lines, repeated)
    known = find_customers(project=transfer.project, contacts=[row.contact for _, row in right])
    opened = opened_customers({one.id for one in known if one})
    again = [line for (line, row), one in zip(right, known, strict=True) if row.points and one and one.id in opened]
    return wrong + [_wrong(line, OPENED) for line in again]


@requires_transaction
def import_rows(
    *, transfer: Transfer, lines: list[Line], repeated: Collection[int], now: datetime
) -> list[dict[str, object]]:
    """Make the customers of rows known and give them their points; return what is wrong with the others.

    Nobody gets points to begin with a second time, from whichever file or row. The shop has brought them itself: nobody is
    told of these points.
    """
    right, wrong = _understood(transfer.project, lines, repeated)
    if not right:
        return wrong
    project = Project.objects.locked().get(id=transfer.project_id)
    people = [Person(contact=row.contact, name=row.name, birth_on=row.birth_on) for _, row in right]
    customers = find_or_create_customers(project=project, people=people)
    accounts = lock_accounts(project_id=project.id, customer_ids={one.id for one in customers})
    plan = Plan(project, accounts, now)
    opened = opened_customers({one.id for one in customers})
    for (line, row), customer in zip(right, customers, strict=True):
        if row.points and customer.id in opened:
            wrong.append(_wrong(line, OPENED))
        elif row.points:
            award(plan, _opening(transfer.id, line, row, customer.id))
            opened.add(customer.id)
    plan.telling.clear()
    carry_out(plan)
    return wrong


def _opening(transfer_id: uuid.UUID, line: Line, row: CustomerRow, customer_id: uuid.UUID) -> Award:
    return Award(
        customer_id=customer_id,
        points=row.points,
        kind=LedgerTransaction.Kind.OPENING,
        explanation={
            "rules": [{"rule": "opening_balance", "transfer": str(transfer_id), "line": line.number}],
            "points": str(row.points),
        },
        reference=f"{transfer_id}:{line.number}",
    )


def _understood(
    project: Project, lines: list[Line], repeated: Collection[int]
) -> tuple[list[tuple[Line, CustomerRow]], list[dict[str, object]]]:
    right, wrong = [], []
    for line in lines:
        if line.number in repeated:
            wrong.append(_wrong(line, REPEATED))
            continue
        try:
            right.append((line, read_customer(line, region=project.default_region)))
        except WrongRow as error:
            wrong.append(_wrong(line, str(error)))
    return right, wrong


def _repeated(lines: list[Line], region: str) -> set[int]:
    """Return the numbers of the rows whose e-mail or phone an earlier row has: the first one counts."""
    seen: set[str] = set()
    found = set()
    for line in lines:
        contact = contact_of(line, region=region)
        contacts = {contact.email, contact.phone} - {""}
        if contacts & seen:
            found.add(line.number)
        seen |= contacts
    return found


def _wrong(line: Line, code: str) -> dict[str, object]:
    return {"line": line.number, "code": code}


def _export(transfer: Transfer, clock: Clock) -> None:
    heading, count, page_after = EXPORTED[transfer.kind]
    pieces, last = [b"\xef\xbb\xbf" + write_lines([heading()])], None
    transfer.rows_done, transfer.rows_total = 0, count(transfer.project_id)
    while rows := page_after(transfer.project_id, last, EXPORTED_AT_ONCE):
        pieces.append(write_lines(cells for _, cells in rows))
        last = rows[-1][0]
        transfer.rows_done += len(rows)
        # Some may have come meanwhile.
        transfer.rows_total = max(transfer.rows_total, transfer.rows_done)
        with use_case():
            _go_on(transfer, clock())
    transfer.rows_total = transfer.rows_done
    transfer.content = b"".join(pieces)
    with use_case():
        _end(transfer, Status.DONE, clock())


def _go_on(transfer: Transfer, now: datetime) -> None:
    """Write how far the job has got, and keep it for longer."""
    _write(transfer, status=Status.RUNNING, lease=now + LEASE, finished_at=None)


def _end(transfer: Transfer, status: str, finished_at: datetime | None) -> None:
    _write(transfer, status=status, lease=None, finished_at=finished_at)


def _fail(transfer: Transfer, code: str, clock: Clock) -> None:
    """Give the job up; what it had done before stays done and counted."""
    with use_case():
        stored = Transfer.objects.filter(
            id=transfer.id, status=Status.RUNNING, lease_expires_at=transfer.lease_expires_at
        )
        stored.update(
            status=Status.FAILED, lease_expires_at=None, finished_at=clock(), errors=[{"line": 0, "code": code}]
        )


def _write(transfer: Transfer, *, status: str, lease: datetime | None, finished_at: datetime | None) -> None:
    """Write the job if it is still this worker's, which its lease tells.

    Raises:
        LeaseLost
    """
    mine = Transfer.objects.filter(id=transfer.id, status=Status.RUNNING, lease_expires_at=transfer.lease_expires_at)
    changes = {
        "status": status,
        "lease_expires_at": lease,
        "finished_at": finished_at,
        "rows_total": transfer.rows_total,
        "rows_done": transfer.rows_done,
        "failed_rows": transfer.failed_rows,
        "errors": transfer.errors,
    }
    if not transfer.is_import and status == Status.DONE:
        changes["content"] = transfer.content
    if not mine.update(**changes):
        raise LeaseLost
    transfer.status, transfer.lease_expires_at = status, lease
