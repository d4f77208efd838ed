from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from common.transactions import use_case
from loyalty.formats.understood import Contact, Purchase, Return, Spending
from loyalty.models import Customer, LedgerTransaction, MergeCandidate, Project
from loyalty.selectors import count_ledger_discrepancies, get_balances
from loyalty.services.find_customers import find_customer
from loyalty.services.hold_points import hold_points
from loyalty.services.merge_customers import MergeDecided, dismiss_merge, merge_customers
from loyalty.services.refund_purchase import refund_purchase
from loyalty.services.spend_points import spend_points
from tests.factories.loyalty import NOON, Shop, accrue, check_deferred_rules, make_shop

pytestmark = pytest.mark.django_db
PHONE = "+79001234567"


def bought(order_id: str, **contact: str) -> Purchase:
    return Purchase(contact=Contact(**contact), amount=Decimal(1000), order_id=order_id)


@pytest.fixture
def shop() -> Shop:
    """Anna's e-mail and phone were two customers until a purchase brought both."""
    shop = make_shop()
    accrue(shop, bought("1", email="anna@example.com"))
    accrue(shop, bought("2", phone=PHONE))
    accrue(shop, bought("3", email="anna@example.com", phone=PHONE), bought("4", email="anna@example.com", phone=PHONE))
    return shop


def decide(shop: Shop) -> Customer:
    with use_case():
        return merge_customers(candidate_id=MergeCandidate.objects.get().id, actor_id=shop.owner.id, now=NOON)


def spend_all(shop: Shop, customer: Customer) -> None:
    points = get_balances(customer_id=customer.id).active
    spending = Spending(
        contact=Contact(email=customer.email, phone=customer.phone),
        points=points,
        order_id=f"S-{customer.id}",
        order_amount=points,
    )
    with use_case():
        spend_points(project=shop.project, spending=spending, now=NOON)


class TestMergeCustomers:
    def test_waits_for_the_worker_that_gives_the_project_points(self, shop: Shop) -> None:
        """A worker that has found the one customer must not give points to a row that is merged meanwhile."""
        with CaptureQueriesContext(connection) as queries:
            decide(shop)

        locks = [one["sql"] for one in queries if "FOR NO KEY UPDATE" in one["sql"]]
        assert "loyalty_project" in locks[0]
        assert "loyalty_ledgeraccount" in locks[1]

    def test_stand_in_the_queue_once(self, shop: Shop) -> None:
        candidate = MergeCandidate.objects.get()

        assert (candidate.keeps.email, candidate.gives.phone) == ("anna@example.com", PHONE)

    def test_brings_points_holds_and_contacts_together(self, shop: Shop) -> None:
        phone = Customer.objects.get(phone=PHONE)
        with use_case():
            hold_points(project=shop.project, customer_id=phone.id, purpose="x", points=Decimal(20), now=NOON)

        kept = decide(shop)

        kept.refresh_from_db()
        balances = get_balances(customer_id=kept.id)
        assert (balances.active, balances.held) == (180, 20)
        assert (kept.email, kept.phone) == ("anna@example.com", PHONE)
        assert find_customer(project=shop.project, contact=Contact(phone=PHONE)) == kept
        assert count_ledger_discrepancies() == 0
        check_deferred_rules()

    @pytest.mark.parametrize("owes", ["keeps", "gives"])
    def test_lets_the_points_of_the_one_pay_what_the_other_owes(self, shop: Shop, owes: str) -> None:
        candidate = MergeCandidate.objects.get()
        debtor = getattr(candidate, owes)
        bought_goods = debtor.orders.order_by("order_id").values_list("order_id", flat=True)[0]
        spend_all(shop, debtor)
        with use_case():
            returned = Return(order_id=bought_goods, refund_id="R", amount=Decimal(1000))
            refund_purchase(project=shop.project, returned=returned, now=NOON)
        before = get_balances(customer_id=debtor.id)
        other = get_balances(customer_id=candidate.gives_id if owes == "keeps" else candidate.keeps_id)

        kept = decide(shop)

        after = get_balances(customer_id=kept.id)
        assert (before.active, before.debt) == (0, 50)
        assert (after.active, after.debt) == (other.active - 50, 0)
        assert count_ledger_discrepancies() == 0
        check_deferred_rules()

    def test_keeps_the_history_of_both(self, shop: Shop) -> None:
        before = set(LedgerTransaction.objects.values_list("id", "customer_id", "kind"))

        decide(shop)

        after = set(LedgerTransaction.objects.values_list("id", "customer_id", "kind"))
        assert before < after
        assert [kind for _, _, kind in after - before] == ["merge"]

    def test_lets_a_later_return_find_its_lot(self, shop: Shop) -> None:
        kept = decide(shop)

        with use_case():
            returned = Return(order_id="2", refund_id="R", amount=Decimal(1000))
            refund_purchase(project=Project.objects.get(), returned=returned, now=NOON)

        balances = get_balances(customer_id=kept.id)
        assert (balances.active, balances.debt) == (150, 0)

    def test_takes_new_purchases_of_the_merged_contact(self) -> None:
        shop = make_shop()
        accrue(shop, bought("1", email="anna@example.com", phone="+79001111111"))
        accrue(shop, bought("2", email="old@example.com", phone=PHONE))
        accrue(shop, bought("3", email="anna@example.com", phone=PHONE))
        kept = decide(shop)

        [outcome] = accrue(shop, bought("5", email="old@example.com"))

        assert outcome["customer"] == str(kept.id)
        assert get_balances(customer_id=kept.id).active == 200

    def test_is_decided_once_and_audited(self, shop: Shop) -> None:
        decide(shop)

        with pytest.raises(MergeDecided):
            decide(shop)
        assert AuditEntry.objects.get().action == "loyalty.merged_customers"

    def test_may_be_dismissed(self, shop: Shop) -> None:
        with use_case():
            dismiss_merge(candidate_id=MergeCandidate.objects.get().id, actor_id=shop.owner.id, now=NOON)

        with pytest.raises(MergeDecided):
            decide(shop)
        assert Customer.objects.filter(merged_into__isnull=True).count() == 2
