"""Give another service a token from the command line: for installations that are set up by scripts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services.issue_token import LONGEST_LIFETIME_DAYS
from common.problems import Problem
from common.transactions import use_case
from notifications.scopes import EVENTS_SCOPE, SERVICE_SCOPES
from notifications.services.issue_service_token import issue_service_token


class Command(BaseCommand):
    help = "Make a token of another service, and print it: nobody can read it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", help="the service's name; one that is known gets a further token")
        parser.add_argument("--source", action="append", default=[], help="a source of its events; may be repeated")
        parser.add_argument(
            "--scope", action="append", choices=SERVICE_SCOPES, help=f"may be repeated; {EVENTS_SCOPE} when left out"
        )
        parser.add_argument("--days", type=int, default=LONGEST_LIFETIME_DAYS, help="until it ends")

    def handle(
        self, *args: Any, service: str, source: list[str], scope: list[str] | None, days: int, **options: Any
    ) -> None:
        try:
            with use_case():
                _, text = issue_service_token(
                    service=service, scopes=scope or [EVENTS_SCOPE], sources=source, lifetime_days=days, actor_id=None
                )
        except Problem as problem:
            said = "; ".join(f"{one.pointer[1:]}: {one.detail}" for one in problem.errors)
            raise CommandError(said or problem.title) from problem
        self.stdout.write(text)
