"""Gather everything kept about a person into a zip of JSON files, one per app.

Each part is read in a transaction of its own that also notes the progress, so a long export holds nothing back. The
claim is a lease: a worker that dies leaves the export to the next one, which begins anew.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, QuerySet

from accounts.models import PersonExport
from accounts.ports import personal_records
from accounts.services.tell_account import tell_account
from common.transactions import use_case

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)
RETRY = timedelta(seconds=30)
MOST_ATTEMPTS = 5


def make_export(*, export_id: UUID, now: datetime) -> bool:
    """Make the export if it is due; return whether it was made now. A failure is written down and tried again later."""
    export = _claim(export_id, now)
    if export is None:
        return False
    try:
        content = _gather(export)
    except Exception as error:  # whatever is wrong with a part, the person is not left waiting for ever
        with use_case():
            _record_failure(export, error, now)
        return False
    with use_case():
        return bool(
            _mine(export).update(
                status=PersonExport.Status.READY, content=content, parts_done=export.parts_total, finished_at=now
            )
        )


def _claim(export_id: UUID, now: datetime) -> PersonExport | None:
    with use_case():
        due = PersonExport.objects.due(now).filter(id=export_id)
        parts = 1 + len(personal_records())
        claimed = due.update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE, parts_done=0, parts_total=parts)
        return PersonExport.objects.get(id=export_id) if claimed else None


def _gather(export: PersonExport) -> bytes:
    parts: list[tuple[str, Callable[..., dict[str, Any]]]] = [("account", tell_account)]
    parts += [(one.name, one.tell) for one in personal_records()]
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for done, (name, tell) in enumerate(parts, start=1):
            with use_case():
                told = tell(user_id=export.user_id)
                _mine(export).update(parts_done=done)
            archive.writestr(f"{name}.json", _as_json(told))
    return file.getvalue()


_as_json = partial(json.dumps, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def _mine(export: PersonExport) -> QuerySet[PersonExport]:
    """Return the row while it is this worker's: whoever claims it next counts one attempt more."""
    return PersonExport.objects.filter(id=export.id, status=PersonExport.Status.PENDING, attempts=export.attempts)


def _record_failure(export: PersonExport, error: Exception, now: datetime) -> None:
    given_up = export.attempts >= MOST_ATTEMPTS
    _mine(export).update(
        status=PersonExport.Status.FAILED if given_up else PersonExport.Status.PENDING,
        finished_at=now if given_up else None,
        next_attempt_at=now + RETRY * 2 ** (export.attempts - 1),
        last_error=f"{type(error).__name__}: {error}"[:2000],
    )
    log.error("accounts.export.failed", export_id=str(export.id), given_up=given_up, exc_info=error)
