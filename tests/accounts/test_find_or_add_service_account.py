"""The account that stands for another service."""

import pytest

from accounts.models import User
from accounts.services.find_or_add_service_account import (
    ServiceNameTaken,
    ServiceSwitchedOff,
    find_or_add_service_account,
)
from bus.models import OutboxRow
from common.transactions import use_case
from tests.factories.accounts import make_account

pytestmark = pytest.mark.django_db


def find_or_add() -> User:
    with use_case():
        return find_or_add_service_account(name="films")


class TestFindOrAddServiceAccount:
    def test_adds_it_once_with_no_way_in_and_greets_nobody(self) -> None:
        first, again = find_or_add(), find_or_add()

        assert first.id == again.id
        assert (first.has_usable_password(), first.email_verified_at) == (False, None)
        assert not OutboxRow.objects.exists()

    def test_refuses_an_account_whose_password_somebody_knows(self) -> None:
        make_account(email="Films@services.invalid", email_verified_at=None)

        with pytest.raises(ServiceNameTaken):
            find_or_add()

    def test_refuses_a_service_that_is_switched_off(self) -> None:
        User.objects.filter(id=find_or_add().id).update(is_active=False)

        with pytest.raises(ServiceSwitchedOff):
            find_or_add()
