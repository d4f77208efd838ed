"""A person in a project, known by e-mail, by phone or by both."""

from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from loyalty.models.project import Project


class Customer(models.Model):
    """Belongs to one project: the same person in two shops is two customers."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="customers", db_index=False)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    name = models.CharField(_("name"), max_length=160, blank=True)
    birth_on = models.DateField(_("birthday"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

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
            # A customer can be found again.
            models.CheckConstraint(
                condition=~models.Q(email="") | ~models.Q(phone=""), name="loyalty_customer_contact_given"
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
        ]

    def __str__(self) -> str:
        return self.email or self.phone
