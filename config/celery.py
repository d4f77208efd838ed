"""Celery: the app, its queues and its clock.

Queues: `critical` (holds, payments, handlers of facts), `webhooks`, `notifications`, `bulk`.
An app names the queue on the task (`@shared_task(name="bookings.expire_holds", queue="critical")`)
and what runs by the clock in `SCHEDULE` of its tasks module: `{"bookings.expire_holds": 2.0}` (seconds, or a crontab).
"""

import os

import django
from celery import Celery
from celery.signals import beat_init, setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from importlib import import_module  # noqa: E402  (settings first)

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.utils.module_loading import module_has_submodule  # noqa: E402

from bus.metrics_server import serve_metrics  # noqa: E402

app = Celery("aquastream")
app.conf.update(settings.CELERY)


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Stop Celery from replacing the log format of config.logs."""


@beat_init.connect
@worker_ready.connect
def serve_own_metrics(**_: object) -> None:
    """Answer scrapes from the moment on at which the process takes tasks."""
    serve_metrics()


for config in apps.get_app_configs():
    if config.name in settings.OWN_APPS and module_has_submodule(config.module, "tasks"):
        tasks = import_module(f"{config.name}.tasks")
        for task_name, every in getattr(tasks, "SCHEDULE", {}).items():
            app.conf.beat_schedule[task_name] = {"task": task_name, "schedule": every}
