"""Publish the message texts that ship with the product."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from common.transactions import use_case
from notifications.services.load_default_templates import load_default_templates


class Command(BaseCommand):
    help = "Publish message texts that are new or changed in the product; texts that people have changed stay."

    def handle(self, *args: Any, **options: Any) -> None:
        with use_case():
            count = load_default_templates(now=timezone.now())
        self.stdout.write(f"{count} texts published")
