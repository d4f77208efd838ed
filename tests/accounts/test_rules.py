"""Rules of small use cases, without a door around them."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import Organizer, OrganizerMember, User
from accounts.services.add_member import add_member
from accounts.services.add_verified_users import add_verified_users
from accounts.services.change_organizer import change_organizer
from accounts.services.check_code import TooManyCodes, WrongCode
from accounts.services.create_organizer import create_organizer
from accounts.services.end_sessions import end_sessions
from accounts.services.note_token_use import is_worth_noting, note_token_use
from accounts.services.renew_backup_codes import renew_backup_codes
from accounts.services.revoke_token import revoke_token
from accounts.services.verify_email import verify_email
from bus.models import OutboxRow
from common.problems import NotAllowed, NotFound
from common.transactions import NoTransaction, use_case
from tests.factories.accounts import code_of, make_authenticator, make_organizer, make_token, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def wire_types() -> list[str]:
    return list(OutboxRow.objects.order_by("id").values_list("wire_type", flat=True))


class TestVerifyEmail:
    def test_registers_at_the_first_proof_and_changes_at_a_later_one(self) -> None:
        user = make_user(email_verified_at=None)

        for later in range(2):
            with use_case():
                verify_email(user_id=user.id, previous_email=user.email, now=NOW + timedelta(days=later))

        user.refresh_from_db()
        assert user.email_verified_at == NOW
        assert wire_types() == ["accounts.user.registered.v1", "accounts.user.changed.v1"]


class TestAddVerifiedUsers:
    def test_leaves_them_able_to_sign_in_and_says_that_they_are_there(self) -> None:
        with use_case():
            add_verified_users(users=[User(email="anna@example.com")], now=NOW)

        assert User.objects.get().email_verified_at == NOW
        assert EmailAddress.objects.get().verified
        assert wire_types() == ["accounts.user.registered.v1"]


class TestNoteTokenUse:
    @pytest.mark.parametrize(("age_seconds", "worth"), [(None, True), (59, False), (60, True)])
    def test_is_worth_it_once_a_minute(self, age_seconds: int | None, worth: bool) -> None:
        last = None if age_seconds is None else NOW - timedelta(seconds=age_seconds)
        token, _text = make_token(make_user(), last_used_at=last)

        assert is_worth_noting(token, NOW) is worth

    def test_leaves_a_newer_note_of_another_request(self) -> None:
        token, _text = make_token(make_user(), last_used_at=NOW)

        note_token_use(token=token, now=NOW + timedelta(seconds=30))

        token.refresh_from_db()
        assert token.last_used_at == NOW


class TestRevokeToken:
    def test_refuses_somebody_elses(self) -> None:
        token, _text = make_token(make_user())

        with pytest.raises(NotFound), use_case():
            revoke_token(user_id=make_user().id, token_id=token.id)


class TestEndSessions:
    def test_keeps_the_one_it_was_asked_to_keep(self) -> None:
        user = make_user()
        stores = [SessionStore() for _ in range(3)]
        for store in stores:
            store.save()
            UserSession.objects.create(user=user, session_key=store.session_key, ip="127.0.0.1", user_agent="test")

        with use_case():
            ended = end_sessions(user_id=user.id, except_key=stores[0].session_key or "")

        assert ended == 2
        assert [SessionStore().exists(store.session_key) for store in stores] == [True, False, False]


class TestRenewBackupCodes:
    def test_keeps_the_old_ones_after_a_wrong_code(self) -> None:
        device = make_authenticator(make_user())
        renew_backup_codes(user_id=device.user_id, code=code_of(device, NOW), now=NOW)
        kept = set(device.backup_codes.values_list("digest", flat=True))

        with pytest.raises(WrongCode):
            renew_backup_codes(user_id=device.user_id, code=code_of(device, NOW, steps=30), now=NOW)
        with pytest.raises(TooManyCodes):
            renew_backup_codes(user_id=device.user_id, code=code_of(device, NOW, steps=1), now=NOW)

        assert set(device.backup_codes.values_list("digest", flat=True)) == kept


class TestCreateOrganizer:
    def test_needs_a_transaction_so_that_none_is_left_without_an_owner(self) -> None:
        with pytest.raises(NoTransaction):
            create_organizer(actor_id=make_user().id, name="A", slug="", description="", contact_email="a@b.example")

        assert not Organizer.objects.exists()


class TestChangeOrganizer:
    def test_is_for_its_owners(self) -> None:
        organizer = make_organizer()
        manager = make_user()
        OrganizerMember.objects.create(organizer=organizer, user=manager, role="manager")

        with pytest.raises(NotAllowed), use_case():
            change_organizer(actor_id=manager.id, organizer_id=organizer.id, changes={"name": "Mine"})
        with pytest.raises(NotFound), use_case():
            change_organizer(actor_id=make_user().id, organizer_id=organizer.id, changes={"name": "Mine"})


class TestAddMember:
    def test_refuses_an_organizer_that_is_not_there(self) -> None:
        with pytest.raises(NotFound), use_case():
            add_member(actor_id=make_user().id, organizer_id=uuid.uuid4(), email="a@b.example", role="door")
