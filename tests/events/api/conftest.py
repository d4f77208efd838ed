"""Callers of every kind, seen from one event."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AccessToken
from events.models import Event, EventAccess
from tests.factories.accounts import make_user

# An administrator has the second factor and the role, a helper only the second factor, other staff neither.
CALLERS = ("guest", "user", "booker", "owner", "manager", "door", "foreign_owner", "staff", "helper", "administrator")
STAFF = ("staff", "helper", "moderator", "administrator")


ROLE = [
    ("change_event", "events", "event"),
    ("change_review", "reviews", "review"),
    ("view_eventday", "analytics", "eventday"),
]


@pytest.fixture
def calling() -> Callable[..., APIClient]:
    """Make a client: `calling("owner", event)`."""

    def make(caller: str, event: Event) -> APIClient:
        client = APIClient()
        if caller == "guest":
            return client
        user = make_user(is_staff=caller in STAFF)
        if caller == "administrator":
            user.user_permissions.set(Permission.objects.get_by_natural_key(*key) for key in ROLE)
        if caller == "moderator":
            user.groups.add(Group.objects.get(name="moderator"))
        if caller == "booker":
            EventAccess.objects.create(user=user, event=event)
        if caller in ("owner", "manager", "door"):
            event.organizer.members.create(user=user, role=caller)
        if caller == "foreign_owner":
            from tests.factories.accounts import make_organizer

            make_organizer(owner=user)
        token = AccessToken(
            user=user, second_factor_at=timezone.now() if caller in ("helper", "moderator", "administrator") else None
        )
        client.force_authenticate(user, token)
        return client

    return make
