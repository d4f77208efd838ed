"""Each rule that the database keeps, broken by hand."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from common.ids import new_id
from common.transactions import violated_constraint
from loyalty.models import (
    Callback,
    CallbackEvent,
    Customer,
    LedgerAccount,
    LedgerEntry,
    LedgerTransaction,
    Level,
    Lot,
    MergeCandidate,
    Order,
    PointsHold,
    Project,
    ProjectMember,
    Refund,
    Transfer,
    WebhookDelivery,
    WebhookSecret,
)
from tests.factories.loyalty import NOON, Shop, accrue, check_deferred_rules, make_delivery, make_shop, purchase

pytestmark = pytest.mark.django_db


def broken_by(act: Callable[[], Any]) -> str:
    """Return the name of the rule that refuses an act."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        act()
        check_deferred_rules()
    return violated_constraint(caught.value)


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def neighbour() -> Shop:
    shop = make_shop()
    accrue(shop, purchase())
    return shop


def order_of(shop: Shop, **fields: Any) -> Order:
    customer = (
        fields.pop("customer", None) or Customer.objects.get_or_create(project=shop.project, email="o@example.com")[0]
    )
    fields = {"kind": "purchase", "order_id": "X", "amount": 1, "status": "created", "placed_at": NOON} | fields
    return Order.objects.create(project=shop.project, customer=customer, **fields)


def lot_of(shop: Shop, **fields: Any) -> Lot:
    fields.setdefault("customer", Customer.objects.filter(project=shop.project).first())
    return Lot.objects.create(project=shop.project, **({"amount": 5, "status": "active", "created_at": NOON} | fields))


def transaction_of(shop: Shop, *lines: dict[str, Any], **fields: Any) -> LedgerTransaction:
    fields.setdefault("customer", Customer.objects.filter(project=shop.project).first())
    fields = {"kind": "expiry", "explanation": {}, "posted_at": NOON} | fields
    posted = LedgerTransaction.objects.create(project=shop.project, **fields)
    LedgerEntry.objects.bulk_create(LedgerEntry(project=shop.project, transaction=posted, **line) for line in lines)
    return posted


def account_of(shop: Shop, kind: str) -> LedgerAccount:
    return LedgerAccount.objects.get(project=shop.project, kind=kind)


def account_of_customer(shop: Shop) -> LedgerAccount:
    return LedgerAccount.objects.get(project=shop.project, kind="active", customer__email="anna@example.com")


class TestProjects:
    @pytest.mark.parametrize(
        ("field", "value", "rule"),
        [
            ("base_percent", -1, "loyalty_project_base_percent_range"),
            ("base_percent", 101, "loyalty_project_base_percent_range"),
            ("spend_max_percent", 101, "loyalty_project_spend_percent_range"),
            ("spend_min_order", -1, "loyalty_project_amounts_not_negative"),
            ("referrer_bonus", -1, "loyalty_project_amounts_not_negative"),
            ("rate_limit_per_minute", 0, "loyalty_project_limits_positive"),
            ("record_limit_per_minute", 0, "loyalty_project_limits_positive"),
        ],
    )
    def test_a_number_lies_in_its_range(self, shop: Shop, field: str, value: int, rule: str) -> None:
        assert broken_by(lambda: Project.objects.update(**{field: value})) == rule

    def test_the_platform_has_one_programme(self, shop: Shop, neighbour: Shop) -> None:
        assert broken_by(lambda: Project.objects.update(is_platform=True)) == "loyalty_project_one_of_platform"

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"turnover": 1000}, "loyalty_level_turnover_unique"),
            ({"turnover": 0}, "loyalty_level_ranges"),
            ({"turnover": 1, "percent": 101}, "loyalty_level_ranges"),
        ],
    )
    def test_levels_are_a_ladder(self, shop: Shop, fields: dict[str, int], rule: str) -> None:
        Level.objects.create(project=shop.project, name="silver", turnover=1000, percent=2)

        assert broken_by(lambda: Level.objects.create(project=shop.project, **({"percent": 5} | fields))) == rule

    def test_a_callback_is_switched_off_for_a_reason(self, shop: Shop) -> None:
        fields = {"url": "https://shop.example/", "key": "k", "is_enabled": False, "changed_at": NOON}

        assert broken_by(lambda: Callback.objects.create(project=shop.project, **fields)) == (
            "loyalty_callback_disabled_for_reason"
        )

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"status": "delivered"}, "loyalty_callback_event_finished_when_done"),
            ({"finished_at": NOON}, "loyalty_callback_event_finished_when_done"),
            ({"status": "sending"}, "loyalty_callback_event_lease_while_sending"),
        ],
    )
    def test_an_event_says_how_far_it_has_got(self, shop: Shop, fields: dict[str, Any], rule: str) -> None:
        usual = {"event": "bonus_awarded", "body": b"{}", "next_attempt_at": NOON, "created_at": NOON}

        assert broken_by(lambda: CallbackEvent.objects.create(project=shop.project, **(usual | fields))) == rule

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"rows_done": 1}, "loyalty_transfer_progress"),
            ({"status": "done", "started_at": NOON}, "loyalty_transfer_finished_when_done"),
            ({"status": "running"}, "loyalty_transfer_lease_while_running"),
            ({"status": "done", "finished_at": NOON}, "loyalty_transfer_started_before_done"),
            ({"status": "checked", "started_at": NOON}, "loyalty_transfer_not_started_while_checked"),
        ],
    )
    def test_a_transfer_says_how_far_it_has_got(self, shop: Shop, fields: dict[str, Any], rule: str) -> None:
        usual = {"kind": "export_customers", "created_at": NOON}

        assert broken_by(lambda: Transfer.objects.create(project=shop.project, **(usual | fields))) == rule

    def test_a_user_has_one_role(self, shop: Shop) -> None:
        again = {"project": shop.project, "user": shop.owner, "role": "manager"}

        assert broken_by(lambda: ProjectMember.objects.create(**again)) == "loyalty_project_member_once"

    def test_a_secret_opens_one_project(self, shop: Shop, neighbour: Shop) -> None:
        digest = WebhookSecret.objects.get(project=shop.project).digest
        theirs = WebhookSecret.objects.filter(project=neighbour.project)

        assert broken_by(lambda: theirs.update(digest=digest)) == "loyalty_webhook_secret_unique"

    def test_a_project_has_one_present_secret(self, shop: Shop) -> None:
        second = {"project": shop.project, "digest": b"2" * 32, "prefix": "2"}

        assert broken_by(lambda: WebhookSecret.objects.create(**second)) == "loyalty_webhook_secret_one_present"


class TestCustomers:
    @pytest.mark.parametrize(
        ("contact", "rule"),
        [
            ({"email": "a@example.com"}, "loyalty_customer_email_unique"),
            ({"phone": "+79001234567"}, "loyalty_customer_phone_unique"),
            ({}, "loyalty_customer_contact_given"),
            ({"email": "A@example.com"}, "loyalty_customer_email_lower"),
            ({"phone": "89001234567"}, "loyalty_customer_phone_e164"),
        ],
    )
    def test_a_customer_is_one_person(self, shop: Shop, contact: dict[str, str], rule: str) -> None:
        Customer.objects.create(project=shop.project, email="a@example.com", phone="+79001234567")

        assert broken_by(lambda: Customer.objects.create(project=shop.project, **contact)) == rule

    def test_a_customer_stands_for_itself(self, shop: Shop) -> None:
        mine = Customer.objects.create(project=shop.project, email="a@example.com", referral_code="AAA")
        itself = Customer.objects.filter(id=mine.id)
        again = {"project": shop.project, "email": "b@example.com"}

        assert broken_by(lambda: itself.update(referred_by=mine)) == "loyalty_customer_not_of_itself"
        assert broken_by(lambda: itself.update(merged_into=mine)) == "loyalty_customer_not_of_itself"
        assert broken_by(lambda: itself.update(level_until=NOON)) == "loyalty_customer_level_until"
        assert broken_by(lambda: Customer.objects.create(referral_code="AAA", **again)) == (
            "loyalty_customer_referral_code_unique"
        )
        itself.update(user=shop.owner)
        assert broken_by(lambda: Customer.objects.create(user=shop.owner, **again)) == "loyalty_customer_user_unique"

    def test_two_stand_in_the_merge_queue_once(self, shop: Shop) -> None:
        keeps, gives = (Customer.objects.create(project=shop.project, email=f"{n}@example.com") for n in "ab")
        pair = {"project": shop.project, "keeps": keeps, "gives": gives}
        MergeCandidate.objects.create(**pair)
        queue = MergeCandidate.objects.all()

        assert broken_by(lambda: MergeCandidate.objects.create(**pair)) == "loyalty_merge_candidate_once"
        assert broken_by(lambda: queue.update(status="merged")) == "loyalty_merge_candidate_decided_when"
        assert broken_by(lambda: queue.update(gives=keeps)) == "loyalty_merge_candidate_of_two"

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({}, "loyalty_points_hold_once"),
            ({"purpose": "y", "points": 0}, "loyalty_points_hold_amounts"),
            ({"purpose": "y", "returned": 1}, "loyalty_points_hold_amounts"),
            ({"purpose": "y", "status": "spent", "ended_at": NOON, "returned": 6}, "loyalty_points_hold_amounts"),
            ({"purpose": "y", "status": "spent"}, "loyalty_points_hold_ended_when"),
        ],
    )
    def test_points_are_held_once(self, shop: Shop, fields: dict[str, Any], rule: str) -> None:
        customer = Customer.objects.create(project=shop.project, email="a@example.com")
        usual = {"project": shop.project, "customer": customer, "purpose": "x", "points": 5, "lots": {}}
        PointsHold.objects.create(held_at=NOON, **usual)

        assert broken_by(lambda: PointsHold.objects.create(held_at=NOON, **(usual | fields))) == rule

    def test_another_project_may_know_the_same_person(self, shop: Shop, neighbour: Shop) -> None:
        Customer.objects.create(project=shop.project, email="anna@example.com")

        assert Customer.objects.filter(email="anna@example.com").count() == 2


class TestDeliveries:
    def test_a_message_id_means_one_body(self, shop: Shop) -> None:
        make_delivery(shop, webhook_id="m1")

        assert broken_by(lambda: make_delivery(shop, webhook_id="m1")) == "loyalty_webhook_delivery_once_per_webhook_id"

    def test_an_order_is_claimed_once(self, shop: Shop) -> None:
        make_delivery(shop, claim="order:1")

        assert broken_by(lambda: make_delivery(shop, claim="order:1")) == "loyalty_webhook_delivery_claim_once"

    @pytest.mark.parametrize("fields", [{"status": "processed"}, {"status": "received", "finished_at": NOON}])
    def test_a_finished_one_says_when(self, shop: Shop, fields: dict[str, Any]) -> None:
        assert broken_by(lambda: make_delivery(shop, **fields)) == "loyalty_webhook_delivery_finished_when_done"

    @pytest.mark.parametrize("fields", [{"status": "processing"}, {"status": "received", "lease_expires_at": NOON}])
    def test_only_work_in_progress_has_a_lease(self, shop: Shop, fields: dict[str, Any]) -> None:
        assert broken_by(lambda: make_delivery(shop, **fields)) == "loyalty_webhook_delivery_lease_while_processing"


class TestOrders:
    def test_an_order_counts_once(self, shop: Shop) -> None:
        order_of(shop)

        assert broken_by(lambda: order_of(shop)) == "loyalty_order_once"

    @pytest.mark.parametrize("fields", [{"amount": -1}, {"amount": 1, "delivery_amount": 2}, {"delivery_amount": -1}])
    def test_amounts_are_in_order(self, shop: Shop, fields: dict[str, int]) -> None:
        assert broken_by(lambda: order_of(shop, **fields)) == "loyalty_order_amounts_ordered"

    @pytest.mark.parametrize("refunded", [-1, 2])
    def test_no_more_goes_back_than_was_paid(self, shop: Shop, refunded: int) -> None:
        assert broken_by(lambda: order_of(shop, refunded_amount=refunded)) == "loyalty_order_refund_within_amount"

    def test_a_return_counts_once_and_gives_something(self, shop: Shop) -> None:
        usual = {"project": shop.project, "order_id": "1", "refund_id": "R", "amount": 1, "refunded_at": NOON}
        Refund.objects.create(**usual)

        assert broken_by(lambda: Refund.objects.create(**usual)) == "loyalty_refund_once"
        assert broken_by(lambda: Refund.objects.create(**(usual | {"amount": 0}))) == "loyalty_refund_positive"

    @pytest.mark.parametrize("fields", [{"status": "paid"}, {"status": "created", "paid_at": NOON}])
    def test_a_paid_one_says_when(self, shop: Shop, fields: dict[str, Any]) -> None:
        assert broken_by(lambda: order_of(shop, **fields)) == "loyalty_order_paid_when_paid"


class TestTenants:
    """A row of one project can't point at a row of another, whatever the code does."""

    def test_an_order(self, shop: Shop, neighbour: Shop) -> None:
        stranger = Customer.objects.get(project=neighbour.project)
        theirs = make_delivery(neighbour)

        assert broken_by(lambda: order_of(shop, customer=stranger)) == "loyalty_order_customer_same_project"
        assert broken_by(lambda: order_of(shop, delivery=theirs)) == "loyalty_order_delivery_same_project"

    def test_a_lot(self, shop: Shop, neighbour: Shop) -> None:
        accrue(shop, purchase())
        stranger, theirs = Customer.objects.get(project=neighbour.project), Order.objects.get(project=neighbour.project)
        Lot.objects.filter(order=theirs)

        assert broken_by(lambda: lot_of(shop, customer=stranger)) == "loyalty_lot_customer_same_project"
        assert broken_by(lambda: Lot.objects.filter(project=shop.project).update(order=order_of(neighbour))) == (
            "loyalty_lot_order_same_project"
        )

    def test_an_account(self, shop: Shop, neighbour: Shop) -> None:
        fields = {"customer": Customer.objects.get(project=neighbour.project), "kind": "held", "balance": 0}

        assert broken_by(lambda: LedgerAccount.objects.create(project=shop.project, **fields)) == (
            "loyalty_ledgeraccount_customer_same_project"
        )

    def test_a_transaction(self, shop: Shop, neighbour: Shop) -> None:
        accrue(shop, purchase())
        stranger, theirs = Customer.objects.get(project=neighbour.project), order_of(neighbour)

        assert broken_by(lambda: transaction_of(shop, customer=stranger)) == (
            "loyalty_ledgertransaction_customer_same_project"
        )
        assert broken_by(lambda: transaction_of(shop, order=theirs)) == "loyalty_ledgertransaction_order_same_project"

    def test_a_customer_a_pair_and_a_hold(self, shop: Shop, neighbour: Shop) -> None:
        mine = Customer.objects.create(project=shop.project, email="a@example.com")
        stranger = Customer.objects.get(project=neighbour.project)
        level = Level.objects.create(project=neighbour.project, name="gold", turnover=1, percent=1)
        me = Customer.objects.filter(id=mine.id)
        hold = {"project": shop.project, "purpose": "x", "points": 1, "lots": {}, "held_at": NOON}

        assert broken_by(lambda: me.update(referred_by=stranger)) == "loyalty_customer_referred_by_same_project"
        assert broken_by(lambda: me.update(merged_into=stranger)) == "loyalty_customer_merged_into_same_project"
        assert broken_by(lambda: me.update(level=level, level_until=NOON)) == "loyalty_customer_level_same_project"
        assert broken_by(lambda: MergeCandidate.objects.create(project=shop.project, keeps=mine, gives=stranger)) == (
            "loyalty_mergecandidate_gives_same_project"
        )
        assert broken_by(lambda: MergeCandidate.objects.create(project=shop.project, keeps=stranger, gives=mine)) == (
            "loyalty_mergecandidate_keeps_same_project"
        )
        assert broken_by(lambda: PointsHold.objects.create(customer=stranger, **hold)) == (
            "loyalty_pointshold_customer_same_project"
        )

    @pytest.mark.parametrize("part", ["transaction", "account", "lot"])
    def test_an_entry(self, shop: Shop, neighbour: Shop, part: str) -> None:
        accrue(shop, purchase())
        mine = LedgerEntry.objects.filter(project=shop.project, lot__isnull=False).get()
        theirs = LedgerEntry.objects.filter(project=neighbour.project, lot__isnull=False).get()
        fields = {"transaction": mine.transaction, "account": mine.account, "lot": mine.lot}
        fields[part] = getattr(theirs, part)
        if part in ("account", "lot"):
            # Both are taken from the neighbour, so that the lot fits its account and only the project is wrong.
            fields |= {"account": theirs.account, "lot": theirs.lot}
        rules = {f"loyalty_ledgerentry_{one}_same_project" for one in ("transaction", "account", "lot")}

        assert broken_by(lambda: LedgerEntry.objects.create(project=shop.project, amount=1, **fields)) in rules

    @pytest.mark.parametrize(
        ("model", "rule"),
        [
            (Customer, "loyalty_customer_of_project"),
            (WebhookDelivery, "loyalty_webhook_delivery_of_project"),
            (Order, "loyalty_order_of_project"),
            (Lot, "loyalty_lot_of_project"),
            (Level, "loyalty_level_of_project"),
            (LedgerAccount, "loyalty_ledger_account_of_project"),
            (LedgerTransaction, "loyalty_ledger_transaction_of_project"),
        ],
    )
    def test_the_targets_of_composite_keys_are_unique(self, model: Any, rule: str) -> None:
        table = model._meta.db_table
        with connection.cursor() as sql:
            sql.execute(
                "SELECT array_agg(attname::text ORDER BY attname) FROM pg_constraint c JOIN pg_attribute a"
                " ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) WHERE conname = %s AND conrelid = %s::regclass",
                [rule, table],
            )
            assert sql.fetchone()[0] == ["id", "project_id"]


class TestLedger:
    @pytest.fixture(autouse=True)
    def points(self, shop: Shop) -> None:
        accrue(shop, purchase())
        check_deferred_rules()

    def test_refuses_entries_that_do_not_sum_to_zero(self, shop: Shop) -> None:
        lot = Lot.objects.get()
        lines = [
            {"account": account_of(shop, "active"), "amount": -5, "lot": lot},
            {"account": account_of(shop, "expired"), "amount": 4},
        ]

        assert broken_by(lambda: transaction_of(shop, *lines)) == "loyalty_ledger_transaction_balanced"

    def test_refuses_a_transaction_without_entries(self, shop: Shop) -> None:
        assert broken_by(lambda: transaction_of(shop)) == "loyalty_ledger_transaction_balanced"

    def test_refuses_an_entry_added_to_a_balanced_transaction(self, shop: Shop) -> None:
        old = LedgerTransaction.objects.get()
        line = {"project": shop.project, "transaction": old, "account": account_of(shop, "issued"), "amount": 1}

        assert broken_by(lambda: LedgerEntry.objects.create(**line)) == "loyalty_ledger_transaction_balanced"

    @pytest.mark.parametrize("model", [LedgerTransaction, LedgerEntry])
    def test_refuses_to_change_remove_or_empty(self, model: Any) -> None:
        def empty() -> None:
            with connection.cursor() as sql:
                sql.execute(f"TRUNCATE {model._meta.db_table} CASCADE")

        change = {"kind": "spend"} if model is LedgerTransaction else {"amount": 1}

        assert broken_by(lambda: model.objects.update(**change)) == "loyalty_ledger_append_only"
        assert broken_by(lambda: model.objects.all()._raw_delete("default")) == "loyalty_ledger_append_only"
        assert broken_by(empty) == "loyalty_ledger_append_only"

    def test_refuses_an_entry_of_nothing(self, shop: Shop) -> None:
        line = {"account": account_of(shop, "issued"), "amount": 0}

        assert broken_by(lambda: transaction_of(shop, line)) == "loyalty_ledger_entry_not_zero"

    @pytest.mark.parametrize("kind", ["active", "issued"])
    def test_names_the_customers_lot_on_the_customers_accounts_only(self, shop: Shop, kind: str) -> None:
        line = {"account": account_of(shop, kind), "amount": 1, "lot": None if kind == "active" else Lot.objects.get()}
        other = {"account": account_of(shop, "expired"), "amount": -1}

        assert broken_by(lambda: transaction_of(shop, line, other)) == "loyalty_ledger_entry_names_lot"

    def test_refuses_less_than_nothing(self, shop: Shop) -> None:
        lot = Lot.objects.get()
        pending = LedgerAccount.objects.create(project=shop.project, customer=lot.customer, kind="pending", balance=0)
        too_much = [
            {"account": pending, "amount": -1, "lot": lot},
            {"account": account_of(shop, "active"), "amount": 1, "lot": lot},
        ]

        assert broken_by(lambda: transaction_of(shop, *too_much)) == "loyalty_ledger_account_not_negative"

    @pytest.mark.parametrize(("moved", "rule"), [(-51, "loyalty_lot_held_within"), (1, "loyalty_lot_within_amount")])
    def test_keeps_a_lot_within_its_amount(self, shop: Shop, moved: int, rule: str) -> None:
        accrue(shop, purchase("A-2"))
        lines = [
            {"account": account_of(shop, "active"), "amount": moved, "lot": Lot.objects.order_by("id")[0]},
            {"account": account_of(shop, "expired"), "amount": -moved},
        ]

        assert broken_by(lambda: transaction_of(shop, *lines)) == rule

    def test_owes_below_zero_only(self, shop: Shop) -> None:
        customer = Customer.objects.get()
        debt = LedgerAccount.objects.create(project=shop.project, customer=customer, kind="debt", balance=0)
        lines = [{"account": debt, "amount": 1}, {"account": account_of(shop, "issued"), "amount": -1}]

        assert broken_by(lambda: transaction_of(shop, *lines)) == "loyalty_ledger_account_not_negative"

    def test_lets_only_a_merge_move_a_lot(self, shop: Shop) -> None:
        other = Customer.objects.create(project=shop.project, email="b@example.com")
        theirs = LedgerAccount.objects.create(project=shop.project, customer=other, kind="active", balance=0)
        lot, mine = Lot.objects.get(), account_of_customer(shop)
        lines = [{"account": mine, "amount": -5, "lot": lot}, {"account": theirs, "amount": 5, "lot": lot}]

        assert broken_by(lambda: transaction_of(shop, *lines)) == "loyalty_ledger_entry_names_lot"
        transaction_of(shop, *lines, kind="merge")

    def test_lets_nobody_write_a_balance_or_a_rest_by_hand(self) -> None:
        accounts, lots = LedgerAccount.objects.filter(kind="active"), Lot.objects.all()
        mine = Customer.objects.get()
        rich = LedgerAccount(project=mine.project, customer=mine, kind="held", balance=7)
        full = {"project": mine.project, "customer": mine, "amount": 7, "remaining": 7, "status": "active"}

        assert broken_by(lambda: accounts.update(balance=1_000_000)) == "loyalty_balance_follows_entries"
        assert broken_by(lambda: lots.update(remaining=Decimal("49.99"))) == "loyalty_balance_follows_entries"
        assert broken_by(lambda: lots.update(held=1)) == "loyalty_balance_follows_entries"
        assert broken_by(lambda: rich.save(force_insert=True)) == "loyalty_balance_follows_entries"
        assert broken_by(lambda: Lot.objects.create(created_at=NOON, **full)) == "loyalty_balance_follows_entries"

    @pytest.mark.parametrize(
        ("written", "rule"),
        [
            (None, "loyalty_ledgerentry_lot_same_project"),
            ({"remaining": 6, "held": 0}, "loyalty_balance_follows_entries"),
            ({"remaining": 7, "held": 1}, "loyalty_balance_follows_entries"),
            ({"remaining": 7, "held": 0, "customer": "another"}, "loyalty_ledger_entry_names_lot"),
        ],
        ids=["never written", "another rest", "partly held", "another's"],
    )
    def test_compares_a_new_lot_with_its_entries(self, shop: Shop, written: dict[str, Any] | None, rule: str) -> None:
        lot_id, customer = new_id(), Customer.objects.get()
        another = Customer.objects.create(project=shop.project, email="b@example.com")
        lines = [
            {"account": account_of(shop, "active"), "amount": 7, "lot_id": lot_id},
            {"account": account_of(shop, "issued"), "amount": -7},
        ]

        def accrue_by_hand(fields: dict[str, Any] | None) -> None:
            transaction_of(shop, *lines, customer=customer)
            if fields:
                lot_of(shop, id=lot_id, amount=7, **{"customer": customer} | fields)

        whose = {"customer": another} if written and "customer" in written else {}
        assert broken_by(lambda: accrue_by_hand(written | whose if written else None)) == rule
        accrue_by_hand({"remaining": 7, "held": 0})
        check_deferred_rules()

    def test_accrues_an_order_once(self) -> None:
        old = LedgerTransaction.objects.get()
        again = LedgerTransaction(
            project=old.project,
            customer=old.customer,
            order=old.order,
            kind=old.kind,
            explanation={},
            posted_at=NOON + timedelta(1),
        )

        assert broken_by(lambda: again.save(force_insert=True)) == "loyalty_ledger_transaction_once_per_order"

    def test_gives_an_order_one_lot(self, shop: Shop) -> None:
        assert broken_by(lambda: lot_of(shop, order=Order.objects.get())) == "loyalty_lot_one_per_order"

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"kind": "active", "balance": 0}, "loyalty_ledger_account_one_per_customer"),
            ({"kind": "issued", "customer": None}, "loyalty_ledger_account_one_per_project"),
            ({"kind": "expired", "balance": 0}, "loyalty_ledger_account_kind_fits_owner"),
            ({"kind": "held", "balance": None}, "loyalty_ledger_account_kind_fits_owner"),
            ({"kind": "held", "customer": None}, "loyalty_ledger_account_kind_fits_owner"),
        ],
    )
    def test_opens_accounts_where_they_belong(self, shop: Shop, fields: dict[str, Any], rule: str) -> None:
        fields = {"customer": Customer.objects.get(), "id": new_id()} | fields

        assert broken_by(lambda: LedgerAccount.objects.create(project=shop.project, **fields)) == rule
