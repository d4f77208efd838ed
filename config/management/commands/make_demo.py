"""Fill a development database with the demo, the same on each run."""

import json
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common.transactions import use_case


class Command(BaseCommand):
    help = "Make the demo data (development and tests only) and print what scripts need to know as one JSON object."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo has known accounts: it is not made in production.")
        known: dict[str, Any] = {}
        for name in settings.OWN_APPS:
            demo = _demo_of(name)
            if demo is not None:
                with use_case():
                    known |= demo.load_demo(known)
        self.stdout.write(json.dumps(known, ensure_ascii=False, default=str))


def _demo_of(app: str) -> Any:
    module = f"{apps.get_app_config(app).name}.management.demo"
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name in (module, module.rpartition(".")[0]):
            return None
        raise
