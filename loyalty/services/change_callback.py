"""Where a shop wants its events, and the keys that sign them: given, changed and replaced by its owner."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings

from audit.services.record_entry import record_entry
from common.outbound_addresses import ForbiddenAddress, Rules, check_form
from common.problems import FieldProblem, InvalidInput, NotFound
from common.transactions import requires_transaction
from loyalty.callbacks.signing import new_private_key
from loyalty.models import Callback, CallbackEvent, Project
from loyalty.secrets_of_shops import new_signing_key

OVERLAP = timedelta(hours=24)


def callback_rules() -> Rules:
    """Return what addresses of shops may be in this environment."""
    return Rules(https_only=settings.CALLBACKS_HTTPS_ONLY, at_home=settings.CALLBACKS_AT_HOME)


@requires_transaction
def set_callback(*, project: Project, actor_id: uuid.UUID, url: str, rules: Rules, now: datetime) -> Callback:
    """Write the address, switched on; its keys are made at the first time.

    Raises:
        InvalidInput: the address is not one that callbacks may have.
    """
    try:
        check_form(url, rules=rules)
    except ForbiddenAddress as error:
        raise InvalidInput(errors=(FieldProblem("/url", "forbidden_address", str(error)),)) from error
    fresh = {"key": new_signing_key(), "private_key": new_private_key()}
    changed = {
        "url": url,
        "is_enabled": True,
        "disabled_reason": "",
        "failures": 0,
        "rests_until": None,
        "changed_at": now,
    }
    callback, _is_new = Callback.objects.update_or_create(
        project=project, defaults=changed, create_defaults=changed | fresh
    )
    _write_down(project, actor_id, "set_callback", {"url": [None, url]})
    return callback


@requires_transaction
def rotate_callback_key(*, project: Project, actor_id: uuid.UUID, now: datetime) -> Callback:
    """Sign with a new key, and for a day with the old one too.

    Raises:
        NotFound: no address is given.
    """
    callback = Callback.objects.locked().filter(project=project).first()
    if callback is None:
        raise NotFound
    callback.old_key, callback.old_key_until = callback.key, now + OVERLAP
    callback.key, callback.changed_at = new_signing_key(), now
    callback.save(update_fields=["key", "old_key", "old_key_until", "changed_at"])
    _write_down(project, actor_id, "rotate_callback_key", {"key": ["…", "…"]})
    return callback


@requires_transaction
def replay_callbacks(*, project: Project, event_ids: list[uuid.UUID], now: datetime) -> int:
    """Let dead events be sent again, with the same id and bytes; return how many."""
    dead = CallbackEvent.objects.filter(project=project, id__in=event_ids, status=CallbackEvent.Status.DEAD)
    return dead.update(status=CallbackEvent.Status.PENDING, attempts=0, next_attempt_at=now, finished_at=None)


def _write_down(project: Project, actor_id: uuid.UUID, action: str, changes: dict[str, list[str | None]]) -> None:
    record_entry(
        actor_id=actor_id,
        action=f"loyalty.{action}",
        target_type="loyalty.project",
        target_id=str(project.id),
        changes=changes,
    )
