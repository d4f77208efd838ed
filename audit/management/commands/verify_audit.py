"""Verify the audit log's hash chain."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.services.verify_chain import verify_chain
from common.transactions import use_case


class Command(BaseCommand):
    help = "Verify the audit log's hash chain; name the first broken link and end with 1 if there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        with use_case():
            state = verify_chain()
        if state.broken:
            raise CommandError(f"The audit log was tampered with. First broken link: {state.broken}")
        self.stdout.write(f"The chain holds: {state.seals} seals over {state.entries} entries, head {state.head}")
