"""A person in a project, known by e-mail, by phone or by both."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from common.statements import prepared_cursor
from loyalty.models.copying import all_columns, rows_found
from loyalty.models.level import Level
from loyalty.models.project import Project


class CustomerQuerySet(models.QuerySet["Customer"]):
    def known_as(self, column: str, asked: Collection[tuple[uuid.UUID, str]]) -> "list[Customer]":
        """Find by (project, e-mail) or (project, phone), with whom they were merged into.

        LATERAL with LIMIT makes it one probe of the index each: a join of a thousand reads the whole table instead.
        """
        if not asked:
            return []
        statement = f"""
            SELECT {all_columns(Customer, of="customer")}
            FROM unnest(%b::uuid[], %b::text[]) AS asked (project_id, contact)
            JOIN LATERAL (
                SELECT * FROM loyalty_customer
                WHERE project_id = asked.project_id AND {column} = asked.contact AND {column} <> '' LIMIT 1
            ) AS customer ON true
        """  # noqa: S608  (`column` is a name written by a developer)
        with prepared_cursor() as sql:
            sql.execute(statement, [[project_id for project_id, _ in asked], [contact for _, contact in asked]])
            found = rows_found(Customer, sql.fetchall())
        models.prefetch_related_objects([one for one in found if one.merged_into_id], "merged_into")
        return found

    def level_over(self, now: datetime) -> "CustomerQuerySet":
        """Their level's time is over."""
        return self.filter(level__isnull=False, level_until__lte=now).order_by("level_until", "pk")


class Customer(models.Model):
    """Belongs to one project: the same person in two shops is two customers."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="customers", db_index=False)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    name = models.CharField(_("name"), max_length=160, blank=True)
    birth_on = models.DateField(_("birthday"), null=True, blank=True)
    # Who this customer is on the platform itself; only in the platform's own project.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # References inside the project: the database holds them together with it.
    level = models.ForeignKey(
        Level,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        db_constraint=False,
        db_index=False,
    )
    # A level is kept until here, then judged anew.
    level_until = models.DateTimeField(null=True, blank=True)
    referral_code = models.CharField(_("referral code"), max_length=16, blank=True)
    referred_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="referred",
        db_constraint=False,
        db_index=False,
    )
    referral_rewarded_at = models.DateTimeField(null=True, blank=True)
    # Whoever is found here was the same person: everything new goes to the other row.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", db_constraint=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = [
            # The target of references that carry the project (Note [Tenants] in loyalty/README.md).
            models.UniqueConstraint(fields=["project", "id"], name="loyalty_customer_of_project"),
            # In a project an e-mail belongs to one customer.
            models.UniqueConstraint(
                fields=["project", "email"], condition=~models.Q(email=""), name="loyalty_customer_email_unique"
            ),
            # In a project a phone belongs to one customer.
            models.UniqueConstraint(
                fields=["project", "phone"], condition=~models.Q(phone=""), name="loyalty_customer_phone_unique"
            ),
            # In a project a user of the platform is one customer.
            models.UniqueConstraint(fields=["project", "user"], name="loyalty_customer_user_unique"),
            # In a project a referral code belongs to one customer.
            models.UniqueConstraint(
                fields=["project", "referral_code"],
                condition=~models.Q(referral_code=""),
                name="loyalty_customer_referral_code_unique",
            ),
            # A customer can be found again, unless it is another one by now.
            models.CheckConstraint(
                condition=~models.Q(email="") | ~models.Q(phone="") | models.Q(merged_into__isnull=False),
                name="loyalty_customer_contact_given",
            ),
            # Nobody is invited by themselves or is merged into themselves.
            models.CheckConstraint(
                condition=(models.Q(referred_by__isnull=True) | ~models.Q(referred_by=models.F("id")))
                & (models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id"))),
                name="loyalty_customer_not_of_itself",
            ),
            # A level is kept until a time, and no level until none.
            models.CheckConstraint(
                condition=models.Q(level__isnull=True, level_until__isnull=True)
                | models.Q(level__isnull=False, level_until__isnull=False),
                name="loyalty_customer_level_until",
            ),
            # An e-mail is compared without regard to case.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="loyalty_customer_email_lower"),
            # A phone is written in E.164.
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="loyalty_customer_phone_e164",
            ),
        ]
        indexes = [
            # list_customers
            models.Index(fields=["project", "-created_at", "-id"], name="loyalty_customer_of_shop"),
            # lower_levels
            models.Index(
                fields=["level_until"], condition=models.Q(level__isnull=False), name="loyalty_customer_level_ending"
            ),
            # reward_referrals: how many a customer has brought
            models.Index(
                fields=["referred_by"],
                condition=models.Q(referred_by__isnull=False),
                name="loyalty_customer_referrals",
            ),
        ]

    def __str__(self) -> str:
        return self.email or self.phone
