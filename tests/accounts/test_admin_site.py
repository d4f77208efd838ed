"""The back office: who gets in, and what is done there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import Authenticator, User
from accounts.second_factor import SESSION_KEY
from audit.models import AuditEntry
from tests.factories.accounts import make_authenticator, make_organizer, make_user

pytestmark = pytest.mark.django_db

SOME_ID = "0199a3c2-5b7e-7c31-9d0f-6d2b8a5e4f10"


def admin_paths() -> Iterator[str]:
    """Every address of the admin, with made-up ids; the two that anybody may open are left out."""

    def walk(patterns: Any) -> Iterator[URLPattern]:
        for one in patterns:
            if isinstance(one, URLPattern):
                yield one
            else:
                yield from walk(one.url_patterns)

    for pattern in walk(admin.site.get_urls()):
        if pattern.name in ("login", "logout") or pattern.name is None:
            continue
        for args in ([], [SOME_ID], ["accounts"], ["1", SOME_ID]):
            try:
                yield reverse(f"admin:{pattern.name}", args=args)
                break
            except NoReverseMatch:
                continue


PATHS = sorted(set(admin_paths()) | {"/admin/no-such-page/"})


def staff_client(user: User, *, verified: bool) -> Client:
    client = Client()
    client.force_login(user)
    if verified:
        device = user.authenticator_set.first() or make_authenticator(user)
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session[SESSION_KEY] = timezone.now().isoformat()
        session.save()
    return client


@pytest.fixture
def chief() -> User:
    return make_user(email="chief@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def office(chief: User) -> Client:
    """The chief's browser, after the code."""
    return staff_client(chief, verified=True)


class TestEveryAdminAddress:
    def test_is_among_those_tried(self) -> None:
        assert {"/admin/", "/admin/accounts/user/", "/admin/audit/auditentry/", "/admin/search/"} <= set(PATHS)

    @pytest.mark.parametrize("path", PATHS)
    def test_is_closed_without_a_second_factor(self, path: str) -> None:
        with_device = make_user(is_staff=True, is_superuser=True)
        make_authenticator(with_device)
        without_device = make_user(is_staff=True, is_superuser=True)

        answers = [
            Client().get(path),
            staff_client(make_user(), verified=False).get(path),
            staff_client(with_device, verified=False).get(path),
            staff_client(without_device, verified=False).get(path),
        ]

        assert [answer.status_code for answer in answers] == [302] * 4
        assert all(answer["Location"].startswith("/admin/login/") for answer in answers)

    def test_is_closed_to_a_verified_user_who_is_not_staff(self) -> None:
        client = staff_client(make_user(), verified=True)

        assert client.get("/admin/").status_code == 302
        assert client.get("/admin/login/").status_code == 403


class TestTheAdminsDoor:
    def test_sends_guests_to_sign_in(self) -> None:
        answer = Client().get("/admin/login/?next=/admin/audit/auditentry/")

        assert answer["Location"] == "/accounts/login/?next=%2Fadmin%2Faudit%2Fauditentry%2F"

    def test_sends_staff_without_a_device_to_set_one_up(self, chief: User) -> None:
        answer = staff_client(chief, verified=False).get("/admin/login/")

        assert answer["Location"].startswith("/account/second-factor/")

    def test_sends_staff_with_a_device_to_give_a_code(self, chief: User) -> None:
        make_authenticator(chief)

        answer = staff_client(chief, verified=False).get("/admin/login/")

        assert answer["Location"].startswith("/account/step-up/")

    def test_does_not_lead_to_other_sites(self) -> None:
        answer = Client().get("/admin/login/?next=https://evil.example/")

        assert answer["Location"] == "/accounts/login/?next=%2Fadmin%2F"

    def test_allows_the_themes_scripts_on_its_own_pages_only(self, office: Client) -> None:
        assert "'unsafe-eval'" in office.get("/admin/")["Content-Security-Policy"]
        assert "unsafe" not in office.get("/account/")["Content-Security-Policy"]


class TestTheLists:
    @pytest.mark.parametrize(
        "path", ["accounts/user", "accounts/organizer", "accounts/accountmail", "audit/auditentry"]
    )
    def test_take_few_queries_however_long_they_are(
        self, office: Client, chief: User, path: str, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(12):
            make_organizer(owner=make_user())
            AuditEntry.objects.create(action="a.b", target_type="a.b", target_id=str(number), actor_id=chief.id)

        with django_assert_max_num_queries(10):
            answer = office.get(f"/admin/{path}/")

        assert answer.status_code == 200

    def test_hold_only_what_belongs_to_the_product(self) -> None:
        from django.conf import settings

        labels = {model._meta.app_label for model in admin.site._registry}

        assert labels - set(settings.OWN_APPS) == {"auth"}  # the roles


class TestChangingAccess:
    def post(self, office: Client, user: User, **changed: Any) -> Any:
        given = {"is_active": "on", **changed}
        return office.post(f"/admin/accounts/user/{user.id}/change/", {k: v for k, v in given.items() if v is not None})

    def test_writes_the_change_and_who_made_it(self, office: Client, chief: User) -> None:
        user = make_user()

        self.post(office, user, is_active=None)

        user.refresh_from_db()
        entry = AuditEntry.objects.get(action="accounts.change_access")
        assert not user.is_active
        assert entry.actor_id == chief.id
        assert entry.changes == {"is_active": [True, False]}

    def test_asks_for_a_fresh_code_when_the_last_is_old(self, chief: User) -> None:
        client = staff_client(chief, verified=True)
        session = client.session
        session[SESSION_KEY] = "2020-01-01T00:00:00+00:00"
        session.save()
        user = make_user()

        answer = self.post(client, user, is_active=None)

        user.refresh_from_db()
        assert answer["Location"].startswith("/account/step-up/")
        assert user.is_active

    def test_of_oneself_is_refused(self, office: Client, chief: User) -> None:
        answer = self.post(office, chief, is_active=None)

        chief.refresh_from_db()
        assert chief.is_active
        assert answer["Location"] == f"/admin/accounts/user/{chief.id}/change/"

    def test_needs_a_superuser(self) -> None:
        support = make_user(is_staff=True)
        user = make_user()

        answer = self.post(staff_client(support, verified=True), user, is_active=None)

        user.refresh_from_db()
        assert answer.status_code == 403
        assert user.is_active


class TestActions:
    def act(self, office: Client, path: str, action: str, pk: Any) -> Any:
        return office.post(f"/admin/{path}/", {"action": action, "_selected_action": [str(pk)]})

    def test_reset_a_lost_device(self, office: Client) -> None:
        user = make_user()
        make_authenticator(user)

        self.act(office, "accounts/user", "reset_devices", user.id)

        assert not Authenticator.objects.filter(user=user).exists()
        assert AuditEntry.objects.filter(action="accounts.reset_second_factor", target_id=str(user.id)).exists()

    def test_approve_an_organizer_once(self, office: Client) -> None:
        organizer = make_organizer(approved_at=None)

        self.act(office, "accounts/organizer", "approve", organizer.id)
        self.act(office, "accounts/organizer", "approve", organizer.id)

        organizer.refresh_from_db()
        assert organizer.approved_at is not None
        assert AuditEntry.objects.filter(action="accounts.approve_organizer").count() == 1


class TestItsTimes:
    def test_are_those_of_the_administrators_own_clock_and_it_says_so(self) -> None:
        chief = make_user(is_staff=True, is_superuser=True, time_zone="Asia/Kamchatka", locale="en")
        organizer = make_organizer(approved_at=datetime(2026, 1, 5, 20, 30, tzinfo=UTC))
        client = staff_client(chief, verified=True)

        page = client.get(f"/admin/accounts/organizer/{organizer.pk}/change/", headers={"Accept-Language": "en"})

        text = page.content.decode()
        assert "Asia/Kamchatka, UTC+12:00" in text
        assert "6 January 2026, 08:30" in text
        assert timezone.get_current_timezone_name() == "UTC"
