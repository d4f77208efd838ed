"""What is joined once all apps are loaded: ports, Celery with its tasks and clocks, retention, roles of staff."""

from datetime import timedelta
from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules, module_has_submodule

# Ticks go before all other tasks, so one that has waited for so long has later ones behind it.
TICK_SECONDS = 60


class WiringConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config.celery import app
        from config.names import translate_names
        from config.wiring import join_ports

        join_ports()
        translate_names()
        schedule = {}
        for name in settings.OWN_APPS:
            if module_has_submodule(apps.get_app_config(name).module, "tasks"):
                tasks = import_module(f"{name}.tasks")
                for task, every in getattr(tasks, "SCHEDULE", {}).items():
                    schedule[task] = {"task": task, "schedule": every, "options": tick_options(every)}
        app.conf.beat_schedule = schedule
        autodiscover_modules("retention")
        # Roles are made of the permissions of all apps: the last app's are the last to be made.
        post_migrate.connect(set_up_roles, sender=apps.get_app_config(settings.OWN_APPS[-1]))


def tick_options(every: Any) -> dict[str, int]:
    """Let the ticks of a worker's absence be forgotten but for the last minutes: one does what a thousand would.

    A nightly task has no next tick soon, so it waits.
    """
    return {"expires": TICK_SECONDS} if isinstance(every, int | float | timedelta) else {}


def set_up_roles(**_: Any) -> None:
    """Bring the roles of staff up to date at the end of each migrate."""
    from accounts.services.set_up_staff_roles import set_up_staff_roles
    from common.transactions import use_case

    with use_case():
        set_up_staff_roles()
