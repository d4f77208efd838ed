"""The end of an account, over all apps at once."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.domain_events import UserErased
from accounts.models import AccountMail, OrganizerMember, User
from accounts.ports import PersonalRecords, personal_records
from accounts.services.erase_account import OnlyOwner, StaffAccount, erase_account
from audit.models import AuditEntry
from bookings.models import Booking, Payment
from bookings.services.erase_person import BookingsAhead
from bus.facts import ReceivedFact
from bus.models import OutboxRow
from common.problems import NotFound
from common.transactions import use_case
from events.models import Favorite
from loyalty.models import LedgerAccount, ProjectMember
from loyalty.personal_records import OnlyOwnerOfShop
from notifications.facts_seen import UserSeen
from notifications.handlers import on_user_erased
from notifications.models import NotificationJob, Recipient
from notifications.services.save_recipient import RecipientDetails, save_recipient
from reviews.models import Review
from tests.accounts.someone import EMAIL, NAME, PHONE, WORDS, make_someone, traces_of
from tests.bookings.test_erase_person import traveller
from tests.factories.accounts import PASSWORD, bearer, make_account, make_authenticator, make_organizer, make_user
from tests.factories.bookings import confirm
from tests.factories.events import make_event
from tests.factories.loyalty import make_shop
from tests.factories.messaging import make_direct, make_message
from tests.factories.notifications import make_job
from tests.factories.reviews import make_published_review

pytestmark = pytest.mark.django_db


def erase(user: User) -> None:
    with use_case():
        erase_account(user_id=user.id, now=timezone.now())


class TestEraseAccount:
    def test_leaves_no_trace_of_the_person_in_any_table(self) -> None:
        user = make_someone()
        before = traces_of(EMAIL, NAME, PHONE, WORDS)

        erase(user)

        assert len(before) > 10
        # The farewell is on its way, and goes after 90 days with other mails.
        assert traces_of(EMAIL, NAME, PHONE, WORDS) == {"accounts_accountmail": 1}
        assert AccountMail.objects.get(recipient=EMAIL).subject == "Ваша учётная запись удалена"

    def test_keeps_what_was_paid_and_counted(self) -> None:
        user = make_someone()
        paid = list(Payment.objects.order_by("id").values("id", "booking_id", "amount", "status"))
        points = list(LedgerAccount.objects.order_by("id").values("id", "balance"))

        erase(user)

        assert list(Payment.objects.order_by("id").values("id", "booking_id", "amount", "status")) == paid
        assert list(LedgerAccount.objects.order_by("id").values("id", "balance")) == points
        assert Booking.objects.filter(user=user).exists()
        assert Review.objects.filter(author=user).count() == 0
        # Who reads it sees the other's review without this vote, and the rating without this review.
        assert Review.objects.get().helpful_count == 0
        call_command("verify_audit")

    def test_lets_nobody_in_any_more_and_frees_the_address(self) -> None:
        user = make_account(email=EMAIL)
        header, client = bearer(user), Client()
        client.force_login(user)

        erase(user)

        assert Client().get("/api/v1/me/", **header).status_code == 401
        assert client.get("/api/v1/me/").status_code == 401
        assert (
            b"not correct"
            in Client(headers={"Accept-Language": "en"})
            .post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
            .content
        )
        assert make_account(email=EMAIL).id != user.id

    def test_is_written_down_and_told_to_other_systems(self) -> None:
        user = make_user()

        erase(user)

        assert AuditEntry.objects.get().action == "accounts.erase"
        assert OutboxRow.objects.get(wire_type=UserErased.wire_type).key == str(user.id)

    def test_happens_once(self) -> None:
        user = make_user()
        erase(user)

        with pytest.raises(NotFound):
            erase(user)

    def test_leaves_others_what_is_theirs(self) -> None:
        one, other = make_user(), make_user()
        conversation = make_direct(one, other)
        make_message(conversation, one, "mine")
        kept = make_message(conversation, other, "yours")
        confirm(user=other)

        erase(one)

        kept.refresh_from_db()
        assert kept.body == {"text": "yours"}
        assert [bool(row.deleted_at) for row in conversation.messages.order_by("seq")] == [True, False]

    def test_ends_what_was_about_to_be_sent(self) -> None:
        user = make_someone()

        erase(user)

        jobs = NotificationJob.objects.filter(recipient__external_id=user.id)
        assert set(jobs.values_list("status", "reason")) == {("sent", ""), ("suppressed", "erased")}


class TestRefusal:
    @pytest.mark.parametrize("refused", ["staff", "organizer", "shop", "booking"])
    def test_says_what_is_to_be_settled_first_and_touches_nothing(self, refused: str) -> None:
        user = make_user(email=EMAIL, is_staff=refused == "staff")
        making: dict[str, Any] = {
            "staff": lambda: None,
            "organizer": lambda: make_organizer(owner=user),
            "shop": lambda: make_shop(owner=user),
            "booking": lambda: confirm(user=user),
        }
        reasons = {
            "staff": StaffAccount,
            "organizer": OnlyOwner,
            "shop": OnlyOwnerOfShop,
            "booking": BookingsAhead,
        }
        making[refused]()

        with pytest.raises(reasons[refused]) as refusal:
            erase(user)

        user.refresh_from_db()
        assert (user.email, user.is_active, user.erased_at) == (EMAIL, True, None)
        assert refusal.value.status == 409
        assert not AuditEntry.objects.filter(action="accounts.erase").exists()

    def test_is_over_once_somebody_else_owns_the_organizer_and_the_shop(self) -> None:
        user, heir = make_user(), make_user()
        organizer, shop = make_organizer(owner=user), make_shop(owner=user)
        OrganizerMember.objects.create(organizer=organizer, user=heir, role="owner")
        ProjectMember.objects.create(project=shop.project, user=heir, role="owner")

        erase(user)

        assert list(organizer.members.values_list("user_id", flat=True)) == [heir.id]
        assert list(shop.project.members.values_list("user_id", flat=True)) == [heir.id]


class TestParts:
    def test_are_those_of_all_apps_that_know_people(self) -> None:
        parts = {one.name for one in personal_records()}

        assert parts == {"bookings", "events", "loyalty", "messaging", "notifications", "reviews"}

    def test_ask_the_database_the_same_for_many_rows(self) -> None:
        user = make_someone()
        few = {one.name: statements_of(one, user) for one in personal_records()}
        traveller(user)
        make_published_review(author=user)
        for _ in range(3):
            make_message(make_direct(user), user, WORDS)
            Favorite.objects.create(user=user, event=make_event())
            make_job(recipient=Recipient.objects.get(external_id=user.id))

        many = {one.name: statements_of(one, user) for one in personal_records()}

        assert many == few

    def test_forget_again_what_an_earlier_fact_has_told_meanwhile(self) -> None:
        user = make_user()
        erase(user)
        with use_case():
            save_recipient(
                user_id=user.id, details=RecipientDetails(display_name=NAME, email=EMAIL), now=timezone.now()
            )

        with use_case():
            on_user_erased(
                ReceivedFact(
                    id="1",
                    type="accounts.user.erased.v1",
                    key=str(user.id),
                    occurred_at=timezone.now(),
                    data=UserSeen(user_id=user.id),
                )
            )

        assert traces_of(NAME, EMAIL) == {}


def statements_of(records: PersonalRecords, user: User) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert records.tell(user_id=user.id)
    return len(seen)


class TestApi:
    def test_wants_it_said(self) -> None:
        user = make_user()

        answer = Client().delete("/api/v1/me/", **bearer(user))

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/confirm")

    def test_erases(self) -> None:
        user = make_user()

        answer = Client().delete("/api/v1/me/?confirm=erase", **bearer(user))

        user.refresh_from_db()
        assert (answer.status_code, user.is_active) == (204, False)

    def test_wants_a_token_that_may(self) -> None:
        user = make_user()

        answer = Client().delete("/api/v1/me/?confirm=erase", **bearer(user, scopes=["read", "write"]))

        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")

    def test_wants_a_fresh_code_of_whoever_has_a_second_factor(self) -> None:
        user, now = make_user(), timezone.now()
        make_authenticator(user)
        stale, fresh = bearer(user), bearer(user, second_factor_at=now)

        refused = Client().delete("/api/v1/me/?confirm=erase", **stale)
        done = Client().delete("/api/v1/me/?confirm=erase", **fresh)

        assert (refused.status_code, refused.json()["code"], done.status_code) == (403, "step_up_required", 204)

    def test_wants_a_browser_to_sign_in_again(self) -> None:
        user, left_open, just_now = make_account(), Client(), Client()
        left_open.force_login(user)
        just_now.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

        refused = left_open.delete("/api/v1/me/?confirm=erase")
        done = just_now.delete("/api/v1/me/?confirm=erase")

        assert (refused.status_code, done.status_code) == (403, 204)

    def test_is_for_whoever_is_signed_in(self) -> None:
        assert Client().delete("/api/v1/me/?confirm=erase").status_code == 401


class TestConstraints:
    @pytest.mark.parametrize(
        "left", [{"display_name": NAME}, {"phone": PHONE}, {"handle": "h"}, {"is_active": True}, {"email": EMAIL}]
    )
    def test_nothing_is_left_of_whoever_was_erased(self, left: dict[str, Any]) -> None:
        user = make_user()
        erase(user)

        with pytest.raises(IntegrityError, match="accounts_user_erased_is_blank"):
            User.objects.filter(id=user.id).update(**left)
