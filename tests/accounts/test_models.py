"""What the database itself refuses."""

import uuid

import pytest
from django.db import IntegrityError

from accounts.models import AccessToken, OrganizerMember, User
from tests.factories.accounts import make_organizer, make_token, make_user

pytestmark = pytest.mark.django_db


class TestUser:
    def test_has_an_address_of_their_own_however_it_is_written(self) -> None:
        make_user(email="anna@example.com")

        with pytest.raises(IntegrityError, match="accounts_user_email_unique"):
            make_user(email="Anna@example.com")

    def test_has_a_phone_of_their_own_or_none(self) -> None:
        make_user(phone="")
        make_user(phone="")
        make_user(phone="+79161234567")

        with pytest.raises(IntegrityError, match="accounts_user_phone_unique"):
            make_user(phone="+79161234567")

    def test_has_a_handle_of_their_own_or_none(self) -> None:
        make_user(handle="anna")

        with pytest.raises(IntegrityError, match="accounts_user_handle_unique"):
            make_user(handle="Anna")

    def test_has_a_phone_in_international_form(self) -> None:
        with pytest.raises(IntegrityError, match="accounts_user_phone_e164"):
            make_user(phone="89161234567")


class TestOrganizer:
    def test_has_an_address_of_its_own(self) -> None:
        make_organizer(slug="big-water")

        with pytest.raises(IntegrityError, match="accounts_organizer_slug_unique"):
            make_organizer(slug="big-water")

    def test_has_a_member_once(self) -> None:
        user = make_user()
        organizer = make_organizer(owner=user)

        with pytest.raises(IntegrityError, match="accounts_organizer_member_once"):
            OrganizerMember.objects.create(organizer=organizer, user=user, role="door")


class TestAccessToken:
    def test_has_an_id_of_its_own(self) -> None:
        shared = uuid.uuid4()
        make_token(make_user(), id=shared)

        with pytest.raises(IntegrityError, match="accounts_token_id_unique"):
            make_token(make_user(), id=shared)

    def test_goes_with_its_user(self) -> None:
        make_token(make_user())

        User.objects.all().delete()

        assert not AccessToken.objects.exists()
