"""Compile locale/*/*/LC_MESSAGES/*.po with Babel: GNU gettext isn't needed."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Compile the translations whose .po file is newer than its .mo file."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for po in sorted(Path(settings.BASE_DIR, "locale").rglob("*.po")):
            mo = po.with_suffix(".mo")
            if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
                continue
            with po.open("rb") as source:
                catalogue = read_po(source)
            fresh = mo.with_suffix(".mo.new")
            with fresh.open("wb") as target:
                write_mo(target, catalogue)
            fresh.replace(mo)
            self.stdout.write(f"compiled {po.relative_to(settings.BASE_DIR)}")
