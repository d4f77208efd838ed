"""Make the roles of staff; `migrate` does the same at its end."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services.set_up_staff_roles import ROLES, set_up_staff_roles
from common.transactions import use_case


class Command(BaseCommand):
    help = "Make the roles of staff, or bring them up to date."

    def handle(self, *args: Any, **options: Any) -> None:
        with use_case():
            set_up_staff_roles()
        self.stdout.write(f"Roles: {', '.join(ROLES)}")
