from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from audit.models import AuditEntry
from common.transactions import use_case
from loyalty.formats.understood import Contact, Spending
from loyalty.models import Customer, ProjectMember, Transfer
from loyalty.report_selectors import report_of
from loyalty.services.run_transfers import run_transfers
from loyalty.services.spend_points import spend_points
from tests.factories.accounts import make_user
from tests.factories.loyalty import Shop, accrue, make_delivery, make_shop, purchase

pytestmark = pytest.mark.django_db
UTM = {"utm": {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "summer"}}


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def mine(api: APIClient, shop: Shop) -> APIClient:
    """The shop's owner."""
    api.force_authenticate(shop.owner)
    return api


@pytest.fixture
def browser(client: Client, shop: Shop) -> Client:
    """The shop's owner on the site."""
    client.force_login(shop.owner)
    return client


@pytest.fixture
def staff(monkeypatch: pytest.MonkeyPatch) -> Client:
    """A superuser with a verified second factor."""
    from accounts.admin_site import SecondFactorAdminSite

    monkeypatch.setattr(SecondFactorAdminSite, "has_permission", lambda *_: True)
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def path(shop: Shop, rest: str) -> str:
    return f"/api/v1/loyalty/projects/{shop.project.id}/{rest}"


def work() -> None:
    while run_transfers(clock=timezone.now):
        pass


def some_business(shop: Shop) -> None:
    """Three purchases, of which two came by a campaign, and a payment with 20 of Anna's points."""
    now = timezone.now()
    accrue(
        shop,
        purchase("A-1", details=UTM),
        purchase("A-2", details={"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "summer"}),
        purchase("B-1", email="boris@example.com", amount="500"),
        now=now,
    )
    spending = Spending(
        contact=Contact(email="anna@example.com"), points=Decimal(20), order_id="S-1", order_amount=Decimal(100)
    )
    with use_case():
        spend_points(project=shop.project, spending=spending, now=now)


class TestStats:
    def test_tell_what_happened(self, mine: APIClient, shop: Shop) -> None:
        some_business(shop)
        accrue(make_shop(), purchase(), now=timezone.now())
        make_delivery(shop, received_at=timezone.now(), next_attempt_at=timezone.now())

        found = mine.get(path(shop, "stats/")).json()

        assert found["totals"] == {"accrual": "125.00", "spend": "-20.00"}
        assert {(one["kind"], one["count"]) for one in found["movements"]} == {("accrual", 3), ("spend", 1)}
        assert found["outstanding"] == {"active": "105.00", "pending": "0.00", "held": "0.00", "debt": "0.00"}
        assert found["expiring"] == [{"days": 7, "points": "0.00"}, {"days": 30, "points": "0.00"}]
        assert (found["webhooks"], found["waiting"]) == ({"received": 1}, 1)
        best = [(one["email"], one["points"]) for one in found["top_customers"]]
        assert best == [("anna@example.com", "80.00"), ("boris@example.com", "25.00")]
        assert [(one["source"], one["orders"], one["customers"], one["turnover"]) for one in found["campaigns"]] == [
            ("google", 2, 1, "2000.00"),
            ("", 1, 1, "500.00"),
        ]

    def test_tell_what_will_expire(self, mine: APIClient) -> None:
        shop = make_shop(bonus_lifetime_days=10, owner=mine.handler._force_user)
        accrue(shop, purchase(), now=timezone.now())

        assert mine.get(path(shop, "stats/")).json()["expiring"] == [
            {"days": 7, "points": "0.00"},
            {"days": 30, "points": "50.00"},
        ]

    @pytest.mark.parametrize("days", ["0", "367", "x"])
    def test_refuse_a_period_that_is_none(self, mine: APIClient, shop: Shop, days: str) -> None:
        response = mine.get(path(shop, "stats/"), {"days": days})

        assert response.status_code == 400
        assert [one["pointer"] for one in response.json()["errors"]] == ["/days"]

    def test_cost_the_same_for_one_purchase_and_for_many(
        self, shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        now = timezone.now()

        for number in range(2):
            accrue(
                shop, *(purchase(f"{number}-{n}", email=f"c{n}@example.com") for n in range(1 + 9 * number)), now=now
            )
            with django_assert_num_queries(6):
                report = report_of(project=shop.project, days=30, now=timezone.now())

        assert len(report.top_customers) == 10


class TestDashboard:
    def test_shows_the_project_to_staff(self, staff: Client, shop: Shop) -> None:
        some_business(shop)
        make_delivery(shop, status="dead", finished_at=timezone.now(), last_error="no_contact")

        page = staff.get(
            reverse("admin:loyalty_project_dashboard", args=[shop.project.id]), headers={"Accept-Language": "en"}
        )

        text = page.content.decode()
        assert page.status_code == 200
        for word in ("105", "-20", "anna@example.com", "google / cpc / summer", "no_contact"):
            assert word in text

    def test_is_reached_from_the_list(self, staff: Client, shop: Shop) -> None:
        listed = staff.get(reverse("admin:loyalty_project_changelist")).content.decode()

        assert reverse("admin:loyalty_project_dashboard", args=[shop.project.id]) in listed


class TestTransfersApi:
    def test_leads_an_import_from_the_trial_to_the_end(self, mine: APIClient, shop: Shop) -> None:
        content = "email,points\nanna@example.com,250\nnobody,1\n"
        asked = mine.post(path(shop, "transfers/"), {"kind": "import_customers", "content": content}, format="json")
        one = f"transfers/{asked.json()['id']}/"
        early = mine.post(path(shop, f"{one}start/"))
        work()
        checked = mine.get(path(shop, one)).json()
        untouched = Customer.objects.count()

        started = mine.post(path(shop, f"{one}start/"))
        work()

        assert (asked.status_code, started.status_code) == (202, 202)
        assert (early.status_code, early.json()["code"]) == (409, "transfer_not_checked")
        assert (checked["status"], checked["errors"]) == ("checked", [{"line": 3, "code": "not_an_email"}])
        assert untouched == 0
        assert mine.get(path(shop, one)).json()["status"] == "done"
        assert shop.balances() == {"anna@example.com": (250, 0)}
        assert [entry.action for entry in AuditEntry.objects.order_by("id")] == [
            "loyalty.import_customers",
            "loyalty.start_import",
        ]

    def test_hands_an_export_out_once_it_is_made(self, mine: APIClient, shop: Shop) -> None:
        accrue(shop, purchase())
        asked = mine.post(path(shop, "transfers/"), {"kind": "export_customers"}, format="json").json()
        where = path(shop, f"transfers/{asked['id']}/file/")
        early = mine.get(where).status_code
        work()

        response = mine.get(where)

        assert (early, response.status_code) == (404, 200)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert b"anna@example.com" in response.content

    @pytest.mark.parametrize("body", [{}, {"kind": "x"}, {"kind": "import_customers"}])
    def test_refuses_what_is_no_order(self, mine: APIClient, shop: Shop, body: dict[str, Any]) -> None:
        assert mine.post(path(shop, "transfers/"), body, format="json").status_code == 400
        assert not Transfer.objects.exists()

    def test_is_for_owners_only(self, mine: APIClient, shop: Shop) -> None:
        ProjectMember.objects.update(role="manager")

        answers = [
            mine.get(path(shop, "transfers/")),
            mine.post(path(shop, "transfers/"), {"kind": "export_customers"}),
        ]

        assert [one.status_code for one in answers] == [403, 403]

    def test_lists_cost_the_same_for_one_and_many(
        self, mine: APIClient, shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for count in (1, 3):
            for _ in range(count):
                mine.post(path(shop, "transfers/"), {"kind": "export_customers"}, format="json")
            with django_assert_num_queries(3):
                mine.get(path(shop, "transfers/"))


class TestSigningKeysApi:
    def test_shows_a_new_key_once(self, mine: APIClient, shop: Shop) -> None:
        fresh = mine.post(path(shop, "signing-keys/rotate/")).json()["signing_key"]

        listed = mine.get(path(shop, "signing-keys/"))

        assert fresh.startswith("whsec_")
        assert [one["valid_until"] is None for one in listed.json()] == [True, False]
        assert fresh.encode() not in listed.content

    def test_ends_the_old_keys_at_once_after_a_leak(self, mine: APIClient, shop: Shop) -> None:
        for hours in (24, 0):
            mine.post(path(shop, "signing-keys/rotate/"), {"overlap_hours": hours}, format="json")

        assert [one["valid_until"] for one in mine.get(path(shop, "signing-keys/")).json()] == [None]


class TestFilePages:
    @pytest.fixture
    def post(self, browser: Client, shop: Shop) -> Callable[..., Any]:
        return lambda **data: browser.post(f"/shop/{shop.project.id}/files/", data)

    def test_bring_customers_in(self, browser: Client, shop: Shop, post: Callable[..., Any]) -> None:
        file = SimpleUploadedFile("c.csv", b"email,points\nanna@example.com,250\nnobody,1\n")
        brought = post(kind="import_customers", file=file)
        work()
        page = browser.get(f"/shop/{shop.project.id}/files/", headers={"Accept-Language": "en"}).content.decode()
        transfer = Transfer.objects.get()

        started = browser.post(f"/shop/{shop.project.id}/files/{transfer.id}/start/")
        work()

        assert (brought.status_code, started.status_code) == (302, 302)
        assert "line 3: This is not an e-mail address." in page
        assert "2 of 2 rows" in page
        assert shop.balances() == {"anna@example.com": (250, 0)}

    def test_take_customers_out(self, browser: Client, shop: Shop, post: Callable[..., Any]) -> None:
        accrue(shop, purchase())
        post(kind="export_customers")
        work()

        response = browser.get(f"/shop/{shop.project.id}/files/{Transfer.objects.get().id}/")

        assert b"anna@example.com" in response.content
        assert "no-store" in response["Cache-Control"]

    @pytest.mark.parametrize("data", [{}, {"kind": "import_customers"}, {"kind": "everything"}])
    def test_ask_again_for_what_is_missing(self, post: Callable[..., Any], data: dict[str, Any]) -> None:
        assert post(**data).status_code == 200
        assert not Transfer.objects.exists()

    def test_are_closed_to_managers(self, browser: Client, shop: Shop) -> None:
        ProjectMember.objects.update(role="manager")

        assert browser.get(f"/shop/{shop.project.id}/files/").status_code == 403
