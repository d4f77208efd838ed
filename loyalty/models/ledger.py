"""The double-entry ledger of points: append-only, and balanced by the database.

What the tables can't say in Django's words stands in migration 0002: entries sum to zero per transaction (checked at
COMMIT), nothing is updated or deleted, customers' balances and lots follow the entries, and no reference leaves the
project. Project accounts have no stored balance: one hot row per shop would serialise all its postings.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from loyalty.models.customer import Customer
from loyalty.models.lot import Lot
from loyalty.models.order import Order
from loyalty.models.project import Project


class LedgerAccountQuerySet(models.QuerySet["LedgerAccount"]):
    def locked(self) -> "LedgerAccountQuerySet":
        return self.order_by("pk").select_for_update(no_key=True, of=("self",))


class LedgerAccount(models.Model):
    """Where points lie: up to four accounts per customer, three per project."""

    class Kind(models.TextChoices):
        ACTIVE = "active", _("can be spent")
        PENDING = "pending", _("waits for payment")
        HELD = "held", _("held")
        DEBT = "debt", _("owed")
        ISSUED = "issued", _("issued")
        REDEEMED = "redeemed", _("redeemed")
        EXPIRED = "expired", _("expired")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(max_length=10, choices=Kind)
    # Written by the database alone, with each entry; NULL for a project's accounts.
    balance = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)

    objects = LedgerAccountQuerySet.as_manager()

    class Meta:
        constraints = [
            # The target of references that carry the project.
            models.UniqueConstraint(fields=["project", "id"], name="loyalty_ledger_account_of_project"),
            # A customer has one account of a kind.
            models.UniqueConstraint(fields=["customer", "kind"], name="loyalty_ledger_account_one_per_customer"),
            # A project has one account of a kind.
            models.UniqueConstraint(
                fields=["project", "kind"],
                condition=models.Q(customer__isnull=True),
                name="loyalty_ledger_account_one_per_project",
            ),
            # Customers have the customers' kinds and a balance; projects have theirs and none.
            models.CheckConstraint(
                condition=models.Q(
                    customer__isnull=False, balance__isnull=False, kind__in=["active", "pending", "held", "debt"]
                )
                | models.Q(customer__isnull=True, balance__isnull=True, kind__in=["issued", "redeemed", "expired"]),
                name="loyalty_ledger_account_kind_fits_owner",
            ),
            # Nobody has less than nothing; what is owed for returned goods stands apart, below zero.
            models.CheckConstraint(
                condition=models.Q(balance__isnull=True)
                | models.Q(kind="debt", balance__lte=0)
                | (~models.Q(kind="debt") & models.Q(balance__gte=0)),
                name="loyalty_ledger_account_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.balance}"


class LedgerTransaction(models.Model):
    """One movement of points, with the reason why."""

    class Kind(models.TextChoices):
        ACCRUAL = "accrual", _("accrual")
        ACTIVATION = "activation", _("activation")
        SPEND = "spend", _("payment with points")
        EXPIRY = "expiry", _("expiry")
        HOLD = "hold", _("laid aside")
        RELEASE = "release", _("released")
        RETURN_EARNED = "return_earned", _("points of returned goods taken back")
        RETURN_SPENT = "return_spent", _("points paid for returned goods given back")
        DEBT = "debt", _("debt settled")
        REFERRAL = "referral", _("invitation")
        MERGE = "merge", _("merge of customers")
        OPENING = "opening", _("opening balance")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="transactions", db_constraint=False, db_index=False
    )
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, related_name="transactions", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=16, choices=Kind)
    # Tells apart what happens to an order more than once: the id of a return, the side of an invitation.
    reference = models.CharField(max_length=120, blank=True)
    # Rules, inputs and formula; ids and numbers only.
    explanation = models.JSONField()
    posted_at = models.DateTimeField()

    class Meta:
        constraints = [
            # The target of references that carry the project.
            models.UniqueConstraint(fields=["project", "id"], name="loyalty_ledger_transaction_of_project"),
            # An order is accrued, activated, spent for or returned under one reference once.
            models.UniqueConstraint(
                fields=["order", "kind", "reference"], name="loyalty_ledger_transaction_once_per_order"
            ),
        ]
        indexes = [
            # list_transactions
            models.Index(fields=["customer", "-posted_at", "-id"], name="loyalty_ledger_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class LedgerEntry(models.Model):
    """A line of a transaction: so many points into (or, negative, out of) one account."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    transaction = models.ForeignKey(
        LedgerTransaction, on_delete=models.PROTECT, related_name="entries", db_constraint=False
    )
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="entries", db_constraint=False)
    # Named by each line of a customer's account, but for what is owed.
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="entries", db_constraint=False)
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            # A line moves something.
            models.CheckConstraint(condition=~models.Q(amount=0), name="loyalty_ledger_entry_not_zero"),
        ]

    def __str__(self) -> str:
        return str(self.amount)
