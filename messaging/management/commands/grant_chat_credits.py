"""Credits for benches and tests, which send more than a person would."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from messaging.adapters.redis.credit_grants import add_credits


class Command(BaseCommand):
    help = "Give users credits for the chat, beyond what is refilled."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--amount", type=int, required=True)
        parser.add_argument("users", nargs="+", type=UUID, metavar="USER", help="ids of users")

    def handle(self, *args: Any, amount: int, users: list[UUID], **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("In production credits are granted in the admin, where it is written down.")
        add_credits(user_ids=users, amount=amount)
