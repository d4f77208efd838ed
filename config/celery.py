"""Celery: the app, its queues, its metrics, and request ids that travel with tasks.

Queues: `critical` (holds, payments, handlers of facts), `webhooks`, `notifications`, `bulk`. A task names its queue:
`@shared_task(name="bookings.expire_holds", queue="critical")`. What runs by the clock stands in `SCHEDULE` of the
app's tasks module, in seconds or as a crontab: `SCHEDULE = {"bookings.expire_holds": 2.0}`.
"""

import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import (
    beat_init,
    before_task_publish,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
)
from django.conf import settings
from django.db import close_old_connections
from prometheus_client import Counter
from prometheus_client.multiprocess import mark_process_dead

from bus.metrics_server import serve_metrics
from common.request_ids import begin_request, current_request_id
from config import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("aquastream")
# Connections live through so many tasks: see `look_after_connection`.
app.add_defaults(lambda: settings.CELERY | {"CELERY_DB_REUSE_MAX": 1000})
app.set_default()

TASKS = Counter("celery_tasks_total", "Tasks that ended.", ["task", "state"])


@setup_logging.connect
def keep_log_format(**_: Any) -> None:
    """Stop Celery from replacing the log format of config.logs."""


@worker_init.connect
@beat_init.connect
def serve_process_metrics(**_: Any) -> None:
    serve_metrics()


@worker_process_init.connect
def spare_what_is_loaded(**_: Any) -> None:
    garbage.leave_alone_what_is_loaded()


@worker_process_shutdown.connect
def forget_dead_process(pid: int | None = None, **_: Any) -> None:
    if pid and "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(pid)


@before_task_publish.connect
def send_request_id(headers: dict[str, Any], **_: Any) -> None:
    headers.setdefault("x_request_id", current_request_id())


@task_prerun.connect
def look_after_connection(**_: Any) -> None:
    """Let a task go on with the connection of the one before, unless it has died or grown old.

    Celery would close it after each task (but for CELERY_DB_REUSE_MAX), and a new one costs more than most tasks: a process
    of PostgreSQL that has to read its catalogues, and every statement to be planned anew.
    """
    close_old_connections()


@task_prerun.connect
def receive_request_id(task: Any, **_: Any) -> None:
    request_id = begin_request(getattr(task.request, "x_request_id", None) or "")
    structlog.contextvars.bind_contextvars(request_id=request_id, task=task.name)


@task_postrun.connect
def end_request(task: Any, state: str | None = None, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    TASKS.labels(task=task.name, state=state or "").inc()
