from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from audit.models import AuditEntry
from loyalty.models import Customer, LedgerTransaction, Project, ProjectMember
from loyalty.services.identify_sender import doors
from tests.factories.accounts import make_user
from tests.factories.loyalty import Shop, accrue, make_shop, purchase, work_off

pytestmark = pytest.mark.django_db

PROJECTS = "/api/v1/loyalty/projects/"


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def mine(api: APIClient, shop: Shop) -> APIClient:
    """The shop's owner."""
    api.force_authenticate(shop.owner)
    return api


def path(shop: Shop, rest: str = "") -> str:
    return f"{PROJECTS}{shop.project.id}/{rest}"


class TestProjects:
    def test_are_opened_with_secrets_that_work(self, mine: APIClient, shop: Shop) -> None:
        response = mine.post(PROJECTS, {"name": "Tents", "base_percent": "7.50", "accrue_on": "paid"})

        opened = response.json()
        assert response.status_code == 201
        assert (
            opened["project"].items() >= {"name": "Tents", "base_percent": "7.50", "rate_limit_per_minute": 100}.items()
        )
        assert opened["webhook_url"].endswith(f"/api/webhook/{opened['webhook_secret']}")
        project = Project.objects.get(id=opened["project"]["id"])
        tents = Shop(project, opened["webhook_secret"], opened["signing_key"], shop.owner)
        assert tents.post(b"test=test", content_type="application/x-www-form-urlencoded").content == b"ok"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("base_percent", "100.01"),
            ("base_percent", "-1"),
            ("spend_max_percent", "101"),
            ("currency", "rub"),
            ("default_region", "XX"),
            ("accrue_on", "whim"),
            ("bonus_lifetime_days", 0),
        ],
    )
    def test_are_refused_with_a_pointer(self, mine: APIClient, field: str, value: Any) -> None:
        response = mine.post(PROJECTS, {"name": "Tents", field: value})

        assert response.status_code == 400
        assert [one["pointer"] for one in response.json()["errors"]] == [f"/{field}"]

    def test_are_listed_for_their_members_only(self, mine: APIClient, shop: Shop) -> None:
        make_shop()

        assert [one["id"] for one in mine.get(PROJECTS).json()["results"]] == [str(shop.project.id)]

    def test_never_show_a_secret_again(self, mine: APIClient, shop: Shop) -> None:
        shown = mine.get(path(shop)).content + mine.get(PROJECTS).content

        assert shop.secret.encode() not in shown
        assert shop.key.encode() not in shown

    def test_are_changed_by_their_owner_and_audited(self, mine: APIClient, shop: Shop) -> None:
        response = mine.patch(path(shop), {"base_percent": "6"})

        entry = AuditEntry.objects.get()
        assert response.json().items() >= {"base_percent": "6.00", "rate_limit_per_minute": 100}.items()
        assert (entry.action, entry.changes) == ("loyalty.change_project", {"base_percent": ["5.00", "6.00"]})

    def test_are_not_changed_by_their_managers(self, mine: APIClient, shop: Shop) -> None:
        ProjectMember.objects.update(role="manager")

        answers = [mine.patch(path(shop), {}), mine.post(path(shop, "rotate-secret/")), mine.get(path(shop))]

        assert [one.status_code for one in answers] == [403, 403, 200]

    def test_get_a_new_secret(self, mine: APIClient, shop: Shop) -> None:
        fresh = mine.post(path(shop, "rotate-secret/")).json()["webhook_secret"]

        answers = [
            Shop(shop.project, secret, "", None).post(b"test=test", content_type="").status_code
            for secret in (fresh, shop.secret)
        ]
        assert answers == [200, 200]
        assert AuditEntry.objects.get().action == "loyalty.rotate_secret"

    def test_end_the_old_secrets_at_once_after_a_leak(self, mine: APIClient, shop: Shop) -> None:
        second = mine.post(path(shop, "rotate-secret/")).json()["webhook_secret"]
        third = mine.post(path(shop, "rotate-secret/"), {"overlap_hours": 0}, format="json").json()["webhook_secret"]
        doors.forget()

        answers = [
            Shop(shop.project, secret, "", None).post(b"test=test", content_type="").status_code
            for secret in (shop.secret, second, third)
        ]

        assert answers == [401, 401, 200]
        assert AuditEntry.objects.latest("id").changes["overlap_hours"] == [None, 0]

    @pytest.mark.parametrize("hours", [-1, 169, "soon", None])
    def test_keep_the_old_secret_for_a_week_at_most(self, mine: APIClient, shop: Shop, hours: Any) -> None:
        answer = mine.post(path(shop, "rotate-secret/"), {"overlap_hours": hours}, format="json")

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/overlap_hours")


class TestLists:
    def test_customers_show_their_points(self, mine: APIClient, shop: Shop) -> None:
        accrue(shop, purchase(), purchase("B-1", email="boris@example.com", amount="2000"))

        found = mine.get(path(shop, "customers/"), {"email": "BORIS@example.com"}).json()["results"]

        assert [(one["email"], one["active_points"], one["pending_points"]) for one in found] == [
            ("boris@example.com", "100.00", "0.00")
        ]

    def test_transactions_show_what_they_moved(self, mine: APIClient) -> None:
        shop = make_shop(accrue_on="paid", owner=mine.handler._force_user)
        accrue(shop, purchase(is_paid=False))
        accrue(shop, purchase())
        customer = Customer.objects.get()

        found = mine.get(path(shop, f"customers/{customer.id}/transactions/")).json()["results"]

        assert [(one["kind"], one["order_id"], one["active_points"], one["pending_points"]) for one in found] in (
            [("activation", "A-1", "50.00", "-50.00"), ("accrual", "A-1", "0.00", "50.00")],
        )

    def test_an_explanation_has_rules_and_entries(self, mine: APIClient, shop: Shop) -> None:
        accrue(shop, purchase(amount="1000.00"))

        found = mine.get(path(shop, f"transactions/{LedgerTransaction.objects.get().id}/explain/")).json()

        assert found["explanation"]["formula"] == "1000.00 × 5.00 % = 50.00"
        assert sorted((one["account"], one["amount"]) for one in found["entries"]) == [
            ("active", "50.00"),
            ("issued", "-50.00"),
        ]

    def test_webhooks_show_what_came_of_them(self, mine: APIClient, shop: Shop) -> None:
        shop.post({"action": "purchase", "payload": {"email": "anna@example.com", "amount": 1000, "orderId": "A-1"}})
        work_off()

        [found] = mine.get(path(shop, "webhooks/"), {"status": "processed"}).json()["results"]

        assert (found["format"], found["action"], found["size_bytes"]) == ("standard", "purchase", 98)
        assert found["result"]["records"][0]["points"] == "50.00"

    @pytest.mark.parametrize("rest", ["webhooks/?status=lost", "customers/?page_size=x&cursor=broken"])
    def test_refuse_an_unknown_filter_value(self, mine: APIClient, shop: Shop, rest: str) -> None:
        assert mine.get(path(shop, rest)).status_code in (400, 404)

    @pytest.mark.parametrize(
        ("rest", "queries"),
        [("customers/", 2), ("webhooks/", 2), ("customers/{customer}/transactions/", 3)],
    )
    def test_cost_the_same_for_one_row_and_for_many(
        self,
        mine: APIClient,
        shop: Shop,
        rest: str,
        queries: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        def grow(start: int, end: int) -> None:
            for n in range(start, end):
                shop.post({"action": "purchase", "payload": {"email": "a@example.com", "amount": 10, "orderId": n}})
            work_off()
            accrue(shop, *(purchase(f"C-{n}", email=f"c{n}@example.com") for n in range(start, end)))

        def ask() -> int:
            where = path(shop, rest.format(customer=Customer.objects.get(email="a@example.com").id))
            with django_assert_num_queries(queries):
                return len(mine.get(where).json()["results"])

        grow(0, 1)
        one = ask()
        grow(1, 12)

        assert one < ask()

    def test_projects_cost_one_query(self, mine: APIClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for _ in range(3):
            make_shop(owner=mine.handler._force_user)

        with django_assert_num_queries(1):
            assert len(mine.get(PROJECTS).json()["results"]) == 4


class TestMembers:
    def test_a_manager_reads_what_the_owner_reads(self, api: APIClient, shop: Shop) -> None:
        manager = make_user()
        ProjectMember.objects.create(project=shop.project, user=manager, role="manager")
        api.force_authenticate(manager)

        assert api.get(path(shop, "customers/")).status_code == 200

    def test_decimals_are_exact(self, mine: APIClient, shop: Shop) -> None:
        accrue(shop, purchase(amount="0.30"))

        assert Decimal(mine.get(path(shop, "customers/")).json()["results"][0]["active_points"]) == Decimal("0.02")


class TestRulesOverTheApi:
    @pytest.mark.parametrize(
        ("sent", "pointer"),
        [
            ({"field_names": [1]}, "/field_names"),
            ({"field_names": {"email": 5}}, "/field_names"),
            ({"field_names": {"amount": ["Сумма"]}}, "/field_names"),
            ({"default_region": "XX"}, "/default_region"),
            ({"rate_limit_per_minute": 10_000}, "/rate_limit_per_minute"),
        ],
    )
    def test_are_refused_where_they_make_no_sense(
        self, mine: APIClient, shop: Shop, sent: dict[str, Any], pointer: str
    ) -> None:
        answer = mine.patch(path(shop), sent, format="json")

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)

    def test_say_what_the_shop_calls_its_fields(self, mine: APIClient, shop: Shop) -> None:
        mine.patch(path(shop), {"field_names": {"email": ["Ваша почта"]}}, format="json")
        doors.forget()
        shop.post([{"Ваша почта": "anna@example.com", "payment": {"amount": 10, "orderid": "1"}}])
        work_off()

        assert Customer.objects.get().email == "anna@example.com"
