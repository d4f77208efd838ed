"""Users for benches and tests."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from knox.models import get_digest_token

from accounts.models import AccessToken, User
from accounts.scopes import GRANTABLE
from accounts.services.add_verified_users import add_verified_users
from common.ids import new_id
from common.transactions import use_case

BATCH = 500
TOKEN_KEY_LENGTH = 15


class Command(BaseCommand):
    help = "Make N verified users without passwords; print each as a JSON line with id, e-mail and token."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, required=True)

    def handle(self, *args: Any, count: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("These users are for development and tests: they are not made in production.")
        for start in range(0, count, BATCH):
            for line in _make(min(BATCH, count - start)):
                self.stdout.write(json.dumps(line))


def _make(count: int) -> list[dict[str, str]]:
    now = timezone.now()
    ids = [new_id() for _ in range(count)]
    users = [
        User(
            id=user_id,
            email=f"user-{user_id.hex}@load.example",
            display_name=f"User {user_id.hex[-6:]}",
            password=make_password(None),
        )
        for user_id in ids
    ]
    secrets = [get_digest_token() for _ in users]
    with use_case():
        add_verified_users(users=users, now=now)
        AccessToken.objects.bulk_create(
            [
                AccessToken(
                    user=user,
                    digest=digest,
                    token_key=text[:TOKEN_KEY_LENGTH],
                    expiry=now + timedelta(days=30),
                    name="made for a test",
                    scopes=sorted(GRANTABLE),
                )
                for user, (digest, text) in zip(users, secrets, strict=True)
            ]
        )
    return [
        {"id": str(user.id), "email": user.email, "token": text}
        for user, (_digest, text) in zip(users, secrets, strict=True)
    ]
