"""Recount reports from the bookings' rows."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.services.rebuild_period import rebuild_period


class Command(BaseCommand):
    help = "Recount the daily figures of a period (both days included) from the rows of bookings and refunds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("first", type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("last", type=date.fromisoformat, help="YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = options["first"], options["last"]
        if last < first:
            raise CommandError("The last day comes before the first one.")
        count = rebuild_period(first=first, end=last + timedelta(days=1))
        self.stdout.write(f"{count} days of events recounted.")
