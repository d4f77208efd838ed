from decimal import Decimal

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from common.ids import new_id
from common.transactions import use_case
from loyalty.models import Customer, LedgerAccount, LedgerTransaction, Lot
from loyalty.services.post_transactions import Line, Posting, lock_accounts, post_transactions
from tests.factories.loyalty import NOON, Shop, accrue, check_deferred_rules, make_shop, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    """Anna and Boris have 50 points each."""
    shop = make_shop()
    accrue(shop, purchase("A-1"), purchase("B-1", email="boris@example.com"))
    return shop


def half_expired(lot: Lot) -> Posting:
    return Posting(
        id=new_id(),
        project_id=lot.project_id,
        kind=LedgerTransaction.Kind.EXPIRY,
        customer_id=lot.customer_id,
        order_pk=None,
        explanation={},
        lines=(Line(kind="active", lot_id=lot.id, amount=Decimal(-25)), Line(kind="expired", amount=Decimal(25))),
    )


class TestPostTransactions:
    def test_moves_balances_and_lots_together(
        self, shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        customers = set(Customer.objects.values_list("id", flat=True))
        postings = [half_expired(lot) for lot in Lot.objects.all()]

        with use_case():
            accounts = lock_accounts(project_id=shop.project.id, customer_ids=customers)
            with django_assert_num_queries(2):
                post_transactions(accounts=accounts, postings=postings, now=NOON)

        assert shop.balances() == {"anna@example.com": (25, 0), "boris@example.com": (25, 0)}
        assert set(Lot.objects.values_list("remaining", flat=True)) == {25}
        check_deferred_rules()


class TestLockAccounts:
    def test_opens_what_is_missing_once(self, shop: Shop) -> None:
        customer = Customer.objects.create(project=shop.project, email="new@example.com")

        with use_case():
            opened = lock_accounts(project_id=shop.project.id, customer_ids=[customer.id])
            again = lock_accounts(project_id=shop.project.id, customer_ids=[customer.id])

        assert set(opened) == set(again)
        assert opened[customer.id, "active"].balance == 0
        assert LedgerAccount.objects.filter(customer=customer).count() == 1

    def test_locks_no_account_of_the_project(
        self, shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        customers = set(Customer.objects.values_list("id", flat=True))

        with use_case(), django_assert_num_queries(2) as queries:
            lock_accounts(project_id=shop.project.id, customer_ids=customers)

        of_customers, of_project = [one["sql"] for one in queries]
        assert "FOR NO KEY UPDATE" in of_customers
        assert "FOR NO KEY UPDATE" not in of_project


class TestFollowingEntries:
    def test_finds_accounts_by_their_keys_whatever_a_session_has_planned(self) -> None:
        """A plan that was made for many entries would read whole tables, and stay."""
        with connection.cursor() as sql:
            sql.execute("SELECT proconfig FROM pg_proc WHERE proname = 'loyalty_follow_entries'")
            [(settings,)] = sql.fetchall()

        assert settings == ["enable_hashjoin=off", "enable_mergejoin=off", "enable_seqscan=off"]
