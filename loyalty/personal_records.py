"""What loyalty keeps about people: stands at the port of accounts (config/wiring.py).

A person of the platform is the customer of the platform's own project. What a shop knows of its customers is the shop's:
it was told there, and is forgotten there.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from common.problems import Problem
from loyalty.models import Customer, LedgerAccount, LedgerTransaction, Project, ProjectMember


class OnlyOwnerOfShop(Problem):
    """Nobody else would look after these shops: `projects` names them."""

    code = "only_owner_of_shop"
    title = "You are the only owner of a shop's loyalty programme. Make somebody else its owner first."


class RecordsOfLoyalty:
    """Points, and the shops that the person looks after."""

    name: ClassVar[str] = "loyalty"

    def tell(self, *, user_id: UUID) -> dict[str, Any]:
        customers = _customers_of(user_id)
        accounts = LedgerAccount.objects.filter(customer__in=customers).order_by("kind", "id")
        movements = LedgerTransaction.objects.filter(customer__in=customers).order_by("posted_at", "id")
        members = ProjectMember.objects.filter(user_id=user_id).order_by("created_at", "id")
        return {
            "customer": list(
                customers.order_by("id").values(
                    *("id", "email", "phone", "name", "birth_on", "level__name", "level_until", "referral_code"),
                    "created_at",
                )
            ),
            "balances": list(accounts.values("kind", "balance")),
            "movements": list(
                movements.filter(entries__account__customer__in=customers)
                .annotate(points=Sum("entries__amount"))
                .values("posted_at", "kind", "reference", "explanation", "points")
            ),
            "shops": list(members.values("project_id", "project__name", "role", "created_at")),
        }

    def erase(self, *, user_id: UUID, email: str, now: datetime) -> None:
        """Blank the customer; the ledger knows ids only and stays as it is.

        Raises:
            OnlyOwnerOfShop
        """
        _refuse_only_owner(user_id)
        ProjectMember.objects.filter(user_id=user_id).delete()
        for customer_id in list(_customers_of(user_id).order_by("id").values_list("id", flat=True)):
            Customer.objects.filter(id=customer_id).update(
                email=f"{customer_id}@erased.invalid", phone="", name="", birth_on=None, referral_code=""
            )


def _customers_of(user_id: UUID) -> QuerySet[Customer]:
    """Return the person's customer, and the one that it was merged into."""
    own = Customer.objects.filter(user_id=user_id)
    return Customer.objects.filter(Q(id__in=own.values("id")) | Q(id__in=own.values("merged_into_id")))


def _refuse_only_owner(user_id: UUID) -> None:
    owners = ProjectMember.objects.filter(role=ProjectMember.Role.OWNER)
    others = owners.filter(project_id=OuterRef("pk")).exclude(user_id=user_id)
    own = Project.objects.filter(id__in=owners.filter(user_id=user_id).values("project_id"))
    ids = [str(one) for one in own.filter(~Exists(others)).order_by("id").values_list("id", flat=True)]
    if ids:
        raise OnlyOwnerOfShop(projects=ids)
