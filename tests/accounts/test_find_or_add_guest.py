import pytest

from accounts.services.find_or_add_guest import find_or_add_guest
from common.transactions import use_case
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db


class TestFindOrAddGuest:
    def test_finds_an_account_however_its_address_is_written(self) -> None:
        user = make_user()

        with use_case():
            assert find_or_add_guest(name="Anna", email=user.email.upper()) == user

    def test_adds_one_that_nobody_can_sign_in_to(self) -> None:
        with use_case():
            guests = [find_or_add_guest(name="Гость", email=email) for email in ("", "", "new@example.com")]

        assert len({guest.email for guest in guests}) == 3
        assert not any(guest.is_active or guest.has_usable_password() for guest in guests)
        assert {guest.display_name for guest in guests} == {"Гость"}
