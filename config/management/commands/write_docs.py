"""Write the documents that say what the code says: facts, problems, the data model."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.documents import asyncapi, data_model, domain_events, problems
from events import lifecycle_drawing
from messaging import pipeline_document, protocol_document
from notifications.event_types import catalogue

DOCUMENTS = {
    "domain-events.md": domain_events.render,
    "asyncapi.json": asyncapi.render,
    "problems.md": problems.render,
    "messaging-pipeline.md": pipeline_document.render,
    "chat-protocol.json": protocol_document.render,
    "data-model.md": data_model.render,
    "event-lifecycle.svg": lifecycle_drawing.render,
    "notification-events.md": catalogue.render_document,
    "notification-events.json": catalogue.render_schemas,
}


class Command(BaseCommand):
    help = "Write docs/*.md and docs/asyncapi.json from the code; with --check, fail when one is out of date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        outdated = []
        for name, render in DOCUMENTS.items():
            path = Path(settings.BASE_DIR, "docs", name)
            text = render()
            if path.exists() and path.read_text() == text:
                continue
            outdated.append(name)
            if not check:
                path.write_text(text)
                self.stdout.write(f"wrote docs/{name}")
        if check and outdated:
            raise CommandError(f"Out of date: {', '.join(outdated)}. Run manage.py write_docs.")
