"""Order a file with everything kept about oneself; a worker makes it."""

from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import PersonExport
from accounts.ports import personal_records
from audit.services.record_entry import record_entry
from bus.wakeup import queue_after_commit
from common.transactions import requires_transaction

EXPORT_TASK = "accounts.make_export"
# Gathering everything is work: what was made a moment ago is as good.
GOOD_FOR = timedelta(minutes=10)
OWN_PARTS = 1


@requires_transaction
def order_export(*, user_id: UUID, now: datetime) -> PersonExport:
    """Return the export that is on its way or was made a moment ago, or order one."""
    exports = PersonExport.objects.of_user(user_id).defer("content")
    recent = exports.ready().filter(finished_at__gt=now - GOOD_FOR).order_by("-created_at", "-id").first()
    if recent is not None:
        return recent
    export, is_new = exports.get_or_create(
        user_id=user_id,
        status=PersonExport.Status.PENDING,
        defaults={"parts_total": OWN_PARTS + len(personal_records()), "next_attempt_at": now},
    )
    if is_new:
        record_entry(
            actor_id=user_id,
            action="accounts.export",
            target_type="accounts.user",
            target_id=str(user_id),
            changes={},
        )
        queue_after_commit(EXPORT_TASK, [str(export.id)], queue="bulk")
    return export
