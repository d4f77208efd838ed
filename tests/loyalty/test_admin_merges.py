"""The queue of customers that may be one person, decided in the back office."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from audit.models import AuditEntry
from loyalty.models import Customer, MergeCandidate
from tests.factories.accounts import make_user
from tests.factories.loyalty import Shop, accrue, make_shop, purchase

pytestmark = pytest.mark.django_db

LIST = "/admin/loyalty/mergecandidate/"


@pytest.fixture
def shop() -> Shop:
    """Each of three has bought once."""
    shop = make_shop()
    accrue(shop, *(purchase(name, email=f"{name}@example.com") for name in "abc"))
    return shop


def pair(shop: Shop, gives: str, keeps: str) -> MergeCandidate:
    a, b = (Customer.objects.get(project=shop.project, email=f"{one}@example.com") for one in (gives, keeps))
    return MergeCandidate.objects.create(project=shop.project, keeps=b, gives=a)


def choose(office: Client, action: str, *pairs: MergeCandidate) -> Any:
    return office.post(LIST, {"action": action, "_selected_action": [str(one.pk) for one in pairs]})


def merge(office: Client, *pairs: MergeCandidate) -> list[str]:
    """Choose pairs, look at them, say yes; return what the back office says."""
    page = choose(office, "merge", *pairs)["Location"]
    shown = re.findall(r'name="pair" value="([^"]*)"', office.get(page).content.decode())
    return told(office.post(page, {"pair": shown}, follow=True))


def told(response: Any) -> list[str]:
    return [str(one) for one in response.context["messages"]]


class TestMerge:
    def test_shows_both_before_anything_is_done(self, back_office: Client, shop: Shop) -> None:
        page = choose(back_office, "merge", pair(shop, "b", "a"))["Location"]

        text = " ".join(re.sub(r"<[^>]*>", " ", back_office.get(page).content.decode()).split())

        has = "Can be spent: 50.00 Waits for payment: 0.00 Laid aside: 0.00 Debt: 0.00 Orders: 1 · 1,000.00"
        assert f"Stays: a@example.com {has}" in text
        assert f"Goes into it: b@example.com {has}" in text
        assert "can't be undone" in text
        assert MergeCandidate.objects.get().status == "open"

    def test_says_of_each_pair_what_became_of_it(self, back_office: Client, shop: Shop) -> None:
        decided = pair(shop, "c", "a")
        choose(back_office, "dismiss", decided)
        open_one = pair(shop, "b", "a")
        page = choose(back_office, "merge", open_one, decided)["Location"]
        shown = [str(decided.pk), str(open_one.pk)]

        answers = told(back_office.post(page, {"pair": shown}, follow=True))

        assert answers[-2:] == [
            "c@example.com → a@example.com: This was decided before.",
            "b@example.com → a@example.com: merged",
        ]
        assert shop.balances()["a@example.com"] == (100, 0)

    def test_closes_what_became_meaningless_on_the_way(self, back_office: Client, shop: Shop) -> None:
        first, around, back = pair(shop, "b", "a"), pair(shop, "c", "b"), pair(shop, "a", "b")

        answers = merge(back_office, first, around, back)

        assert answers == [
            "b@example.com → a@example.com: merged",
            "c@example.com → b@example.com: merged",
            "a@example.com → b@example.com: They are one customer already.",
        ]
        assert set(MergeCandidate.objects.values_list("status", flat=True)) == {"merged"}
        assert shop.balances() == {"a@example.com": (150, 0), "b@example.com": (0, 0), "c@example.com": (0, 0)}
        through = AuditEntry.objects.get(target_id=str(back.pk))
        assert (through.action, through.changes["through"]) == ("loyalty.merged_customers", [None, str(first.pk)])

    def test_closes_rows_that_have_been_meaningless_for_long(self, back_office: Client, shop: Shop) -> None:
        old = pair(shop, "b", "a")
        Customer.objects.filter(pk=old.gives_id).update(merged_into=old.keeps_id)
        page = choose(back_office, "merge", old)["Location"]

        shown = back_office.get(page).content.decode()
        merge(back_office, old)

        assert "They are one customer already: the row will be closed." in shown
        assert MergeCandidate.objects.get().status == "merged"

    def test_merges_nothing_that_the_page_has_not_shown(self, back_office: Client, shop: Shop) -> None:
        chosen = pair(shop, "b", "a")

        back_office.post(choose(back_office, "merge", chosen)["Location"])

        assert MergeCandidate.objects.get().status == "open"

    def test_names_who_was_merged_afterwards(self, back_office: Client) -> None:
        shop = make_shop()
        keeps = Customer.objects.create(project=shop.project, email="a@example.com")
        gives = Customer.objects.create(project=shop.project, phone="+79001234567")
        merge(back_office, MergeCandidate.objects.create(project=shop.project, keeps=keeps, gives=gives))

        page = back_office.get(LIST).content.decode()

        assert str(gives.pk) in page
        assert "(empty)" not in page

    def test_is_closed_to_who_may_only_look(self, monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
        monkeypatch.setattr("accounts.admin_site.SecondFactorAdminSite.has_permission", lambda *_: True)
        client.force_login(make_user(is_staff=True))

        assert client.get(reverse("admin:loyalty_mergecandidate_merge")).status_code == 403

    def test_costs_the_same_for_one_pair_and_for_three(
        self, back_office: Client, shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        page = reverse("admin:loyalty_mergecandidate_merge")
        pair(shop, "b", "a")
        with django_assert_num_queries(9):
            back_office.get(page)
        pair(shop, "c", "a")
        pair(shop, "c", "b")

        with django_assert_num_queries(9):
            back_office.get(page)


class TestLeaveApart:
    def test_says_of_each_pair_what_became_of_it(self, back_office: Client, shop: Shop) -> None:
        one, other = pair(shop, "b", "a"), pair(shop, "c", "a")
        choose(back_office, "dismiss", one)

        answers = told(back_office.get(choose(back_office, "dismiss", one, other)["Location"]))

        assert answers[-2:] == [
            "b@example.com → a@example.com: This was decided before.",
            "c@example.com → a@example.com: two people",
        ]
        assert set(MergeCandidate.objects.values_list("status", flat=True)) == {"dismissed"}


class TestCustomer:
    def test_is_shown_with_points_lots_movements_and_inviter(self, back_office: Client, shop: Shop) -> None:
        inviter, customer = Customer.objects.filter(email__in=["a@example.com", "b@example.com"]).order_by("email")
        Customer.objects.filter(pk=customer.pk).update(referred_by=inviter)

        page = back_office.get(reverse("admin:loyalty_customer_change", args=[customer.pk])).content.decode()

        text = " ".join(re.sub(r"<[^>]*>", " ", page).split())
        assert "Can be spent: 50.00" in text
        assert "Debt: 0.00" in text
        assert "Orders: 1 · 1,000.00" in text
        assert "b can be spent 50.00 50.00 0.00" in text
        assert "accrual b 50.00 0.00 0.00 Percent of the purchase: 5.00 % 1000 × 5.00 % = 50.00" in text
        assert reverse("admin:loyalty_customer_change", args=[inviter.pk]) in page

    def test_costs_the_same_for_one_purchase_and_for_ten(
        self, back_office: Client, shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        page = reverse("admin:loyalty_customer_change", args=[Customer.objects.get(email="a@example.com").pk])
        back_office.get(page)
        with django_assert_num_queries(10):
            back_office.get(page)
        accrue(shop, *(purchase(f"X-{n}", email="a@example.com") for n in range(9)))

        with django_assert_num_queries(10):
            back_office.get(page)

    def test_leads_to_all_movements_where_there_are_many(
        self, monkeypatch: pytest.MonkeyPatch, back_office: Client, shop: Shop
    ) -> None:
        monkeypatch.setattr("loyalty.admin_customers.SHOWN", 1)
        customer = Customer.objects.get(email="a@example.com")
        accrue(shop, purchase("X", email="a@example.com"))

        page = back_office.get(reverse("admin:loyalty_customer_change", args=[customer.pk])).content.decode()

        all_of_them = f"{reverse('admin:loyalty_ledgertransaction_changelist')}?customer__id__exact={customer.pk}"
        assert all_of_them in page
        assert back_office.get(all_of_them).context["cl"].result_count == 2
