"""Ask for a file: an export of customers or movements, or an import that is tried out before anybody starts it."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from bus.wakeup import queue_after_commit
from common.problems import Problem
from common.transactions import requires_transaction
from loyalty.models import Project, Transfer

MOST_BYTES = 5 * 1024 * 1024
MOST_WAITING = 5
Status = Transfer.Status


class FileTooLarge(Problem):
    """The file is larger than 5 MB."""

    code = "transfer_too_large"
    status = 413
    title = "The file is larger than 5 MB."


class TooManyTransfers(Problem):
    """Five jobs of the project are not finished yet."""

    code = "too_many_transfers"
    status = 409
    title = "Five files are being worked on. Wait for one of them."


class NotChecked(Problem):
    """The job is no import that was checked and waits to be started."""

    code = "transfer_not_checked"
    status = 409
    title = "Only an import that was checked can be started."


@requires_transaction
def request_export(*, project: Project, actor_id: uuid.UUID, kind: str, now: datetime) -> Transfer:
    """Let a worker make the file.

    Raises:
        TooManyTransfers
    """
    transfer = Transfer(project=project, kind=kind, created_by_id=actor_id, created_at=now, started_at=now)
    return _queued(transfer, actor_id)


@requires_transaction
def request_import(*, project: Project, actor_id: uuid.UUID, content: bytes, now: datetime) -> Transfer:
    """Let a worker look at every row; nothing is brought in before `start_import`.

    Raises:
        FileTooLarge, TooManyTransfers
    """
    if len(content) > MOST_BYTES:
        raise FileTooLarge
    kind = Transfer.Kind.IMPORT_CUSTOMERS
    return _queued(
        Transfer(project=project, kind=kind, content=content, created_by_id=actor_id, created_at=now), actor_id
    )


@requires_transaction
def start_import(*, transfer: Transfer, actor_id: uuid.UUID, now: datetime) -> Transfer:
    """Let a worker bring the right rows in; those that were found wrong are left out.

    Raises:
        NotChecked
    """
    checked = Transfer.objects.filter(id=transfer.id, status=Status.CHECKED)
    changes = {"status": Status.WAITING, "started_at": now, "rows_done": 0, "failed_rows": 0, "errors": []}
    if not checked.update(**changes):
        raise NotChecked
    _write_down(transfer, actor_id, "loyalty.start_import")
    queue_after_commit("loyalty.run_transfers", [], queue="bulk")
    return Transfer.objects.defer("content").get(id=transfer.id)


def _queued(transfer: Transfer, actor_id: uuid.UUID) -> Transfer:
    # Two requests at once count one after the other.
    Project.objects.locked().get(id=transfer.project_id)
    open_ones = Transfer.objects.filter(project_id=transfer.project_id, finished_at__isnull=True)
    if open_ones.exclude(status=Status.CHECKED).count() >= MOST_WAITING:
        raise TooManyTransfers
    transfer.save(force_insert=True)
    _write_down(transfer, actor_id, f"loyalty.{transfer.kind}")
    queue_after_commit("loyalty.run_transfers", [], queue="bulk")
    return transfer


def _write_down(transfer: Transfer, actor_id: uuid.UUID, action: str) -> None:
    record_entry(
        actor_id=actor_id,
        action=action,
        target_type="loyalty.transfer",
        target_id=str(transfer.id),
        changes={"project": [None, str(transfer.project_id)]},
    )
