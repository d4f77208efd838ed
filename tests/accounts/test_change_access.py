"""Rights: changed by others, written down, gone at once."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from accounts.models import AccessToken, User
from accounts.services.change_access import OwnAccess, change_access
from accounts.services.set_up_staff_roles import ROLES
from audit.models import AuditEntry
from common.problems import NotFound
from common.transactions import use_case
from tests.factories.accounts import make_token, make_user

pytestmark = pytest.mark.django_db


def change(user: User, **changed: Any) -> User:
    actor = make_user()
    with use_case():
        change_access(
            **{"actor_id": actor.id, "user_id": user.id, "is_active": True, "is_staff": False, "roles": [], **changed}
        )
    user.refresh_from_db()
    return user


class TestChangeAccess:
    def test_switches_an_account_off_with_its_tokens(self) -> None:
        user = make_user()
        make_token(user)

        change(user, is_active=False, reason="Spam")

        assert not user.is_active
        assert not AccessToken.objects.exists()
        assert AuditEntry.objects.get().reason == "Spam"

    def test_makes_staff_with_roles(self) -> None:
        user = change(make_user(), is_staff=True, roles=["support"])

        assert user.is_staff
        assert user.has_perm("accounts.view_user")
        assert not user.has_perm("accounts.change_organizer")
        assert AuditEntry.objects.get().changes == {"is_staff": [False, True], "roles": [[], ["support"]]}

    def test_writes_nothing_down_when_nothing_differs(self) -> None:
        change(make_user())

        assert not AuditEntry.objects.exists()

    def test_refuses_ones_own(self) -> None:
        user = make_user()

        with pytest.raises(OwnAccess):
            change(user, actor_id=user.id, is_staff=True)

    def test_refuses_nobody(self) -> None:
        with pytest.raises(NotFound):
            change(make_user(), user_id="0199a3c2-5b7e-7c31-9d0f-6d2b8a5e4f10")


class TestSetUpStaffRoles:
    def test_is_part_of_each_migrate(self) -> None:
        assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)

    @pytest.mark.parametrize("role", sorted(ROLES))
    def test_names_permissions_that_exist(self, role: str) -> None:
        given = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")

        assert {f"{app}.{codename}" for app, codename in given} == set(ROLES[role])

    def test_can_be_repeated(self) -> None:
        call_command("set_up_staff_roles")
        Group.objects.get(name="support").permissions.clear()

        call_command("set_up_staff_roles")

        assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
        assert Group.objects.get(name="support").permissions.filter(codename="view_user").exists()
