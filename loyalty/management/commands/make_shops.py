"""Shops for benches and tests."""

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common.transactions import use_case
from loyalty.services.create_project import create_project

WITHOUT_LIMIT = 1_000_000


class Command(BaseCommand):
    help = "Make N shops without limits; print each as a JSON line with id, webhook_secret and signing_key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, required=True)
        parser.add_argument("--owner", type=UUID, required=True)

    def handle(self, *args: Any, count: int, owner: UUID, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("These shops are for development and tests: they are not made in production.")
        limits = {"rate_limit_per_minute": WITHOUT_LIMIT, "record_limit_per_minute": 1000 * WITHOUT_LIMIT}
        with use_case():
            for number in range(count):
                opened = create_project(owner_id=owner, name=f"Shop {number}", **limits)
                line = {
                    "id": str(opened.project.id),
                    "webhook_secret": opened.webhook_secret,
                    "signing_key": opened.signing_key,
                }
                self.stdout.write(json.dumps(line))
