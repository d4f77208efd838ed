"""What is joined once all apps are loaded: the ports between them, and Celery with their tasks and clocks."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.conf import settings
from django.utils.module_loading import module_has_submodule


class WiringConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config.celery import app
        from config.wiring import join_ports

        join_ports()
        schedule = {}
        for name in settings.OWN_APPS:
            if module_has_submodule(apps.get_app_config(name).module, "tasks"):
                tasks = import_module(f"{name}.tasks")
                for task, every in getattr(tasks, "SCHEDULE", {}).items():
                    schedule[task] = {"task": task, "schedule": every}
        app.conf.beat_schedule = schedule
