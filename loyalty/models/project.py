"""A shop on the loyalty side: the tenant that every other row of this app belongs to."""

import uuid
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from loyalty.models.project_checks import CHECKS


class ProjectQuerySet(models.QuerySet["Project"]):
    def of_member(self, user_id: uuid.UUID) -> "ProjectQuerySet":
        return self.filter(members__user_id=user_id)

    def locked(self) -> "ProjectQuerySet":
        """Lock the rows, yet let others insert rows that point at them."""
        return self.order_by("pk").select_for_update(no_key=True, of=("self",))

    def locked_unless_taken(self) -> "ProjectQuerySet":
        """Lock those that nobody else has locked."""
        return self.order_by("pk").select_for_update(no_key=True, skip_locked=True, of=("self",))


class Project(models.Model):
    """The rules by which a shop's purchases become points."""

    class SignatureMode(models.TextChoices):
        OFF = "off", _("not checked")
        OPTIONAL = "optional", _("checked when present")
        REQUIRED = "required", _("required")

    class Rounding(models.TextChoices):
        CENTS_HALF_UP = "cents_half_up", _("to 0.01, half up")
        WHOLE_HALF_UP = "whole_half_up", _("to whole points, half up")
        WHOLE_DOWN = "whole_down", _("to whole points, down")

    class Basis(models.TextChoices):
        PAID_AMOUNT = "paid_amount", _("the paid amount")
        WITHOUT_DELIVERY = "without_delivery", _("the paid amount without delivery")

    class AccrueOn(models.TextChoices):
        ORDER = "order", _("order")
        PAID = "paid", _("payment")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("active"), default=True)
    signature_mode = models.CharField(
        _("signatures"), max_length=10, choices=SignatureMode, default=SignatureMode.OPTIONAL
    )
    base_percent = models.DecimalField(_("base percent"), max_digits=5, decimal_places=2, default=Decimal("5.00"))
    currency = models.CharField(_("currency"), max_length=3, default="RUB")
    rounding = models.CharField(_("rounding"), max_length=16, choices=Rounding, default=Rounding.CENTS_HALF_UP)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis, default=Basis.PAID_AMOUNT)
    accrue_on = models.CharField(_("accrue on"), max_length=10, choices=AccrueOn, default=AccrueOn.ORDER)
    bonus_lifetime_days = models.PositiveIntegerField(_("bonus lifetime, days"), null=True, blank=True, default=365)
    spend_max_percent = models.DecimalField(
        _("largest part of an order paid with points, percent"), max_digits=5, decimal_places=2, default=Decimal(100)
    )
    # Points wait so many days before they can be spent, while the goods may still come back.
    pending_days = models.PositiveSmallIntegerField(_("days before points can be spent"), default=0)
    spend_min_order = models.DecimalField(
        _("smallest order paid with points"), max_digits=14, decimal_places=2, default=Decimal(0)
    )
    # Points that come back to a lot whose time is over can be spent for so long.
    grace_days = models.PositiveSmallIntegerField(_("days of grace for returned points"), default=7)
    expiry_warning_days = models.PositiveSmallIntegerField(_("days of warning before expiry"), default=7)
    level_window_days = models.PositiveSmallIntegerField(_("days of turnover that make a level"), default=365)
    referrer_bonus = models.DecimalField(
        _("points for who has invited"), max_digits=10, decimal_places=2, default=Decimal(0)
    )
    referred_bonus = models.DecimalField(
        _("points for who was invited"), max_digits=10, decimal_places=2, default=Decimal(0)
    )
    referral_limit = models.PositiveIntegerField(_("rewarded invitations of one customer"), default=50)
    rate_limit_per_minute = models.PositiveIntegerField(_("webhooks per minute"), default=100)
    record_limit_per_minute = models.PositiveIntegerField(_("records in batches per minute"), default=60_000)
    # How long a body without order ids is known again.
    anonymous_hours = models.PositiveSmallIntegerField(_("hours that records without order ids are known"), default=24)
    # What the shop calls its fields: {"email": ["Ваша почта"], "phone": [], "name": []}.
    field_names = models.JSONField(_("names of the shop's fields"), default=dict, blank=True)
    telegram_bot = models.CharField(_("Telegram bot"), max_length=32, blank=True)
    # The programme of this platform's own bookings.
    is_platform = models.BooleanField(_("the platform's own"), default=False)
    default_region = models.CharField(_("region of local phone numbers"), max_length=2, default="RU")
    # Tilda's check of the address, sent when a shop saves it.
    connected_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            # A percent lies between nothing and everything.
            models.CheckConstraint(
                condition=models.Q(base_percent__gte=0, base_percent__lte=100),
                name="loyalty_project_base_percent_range",
                violation_error_message=_("The base percent lies between 0 and 100."),
            ),
            # An order is never paid with points beyond its amount.
            models.CheckConstraint(
                condition=models.Q(spend_max_percent__gte=0, spend_max_percent__lte=100),
                name="loyalty_project_spend_percent_range",
                violation_error_message=_("The part of an order paid with points lies between 0 and 100 percent."),
            ),
            # No rule takes points away by a negative number.
            models.CheckConstraint(
                condition=models.Q(spend_min_order__gte=0, referrer_bonus__gte=0, referred_bonus__gte=0),
                name="loyalty_project_amounts_not_negative",
                violation_error_message=_("Points for invitations and the smallest order aren't negative."),
            ),
            # A project takes at least one webhook and one record a minute.
            models.CheckConstraint(
                condition=models.Q(rate_limit_per_minute__gte=1, record_limit_per_minute__gte=1),
                name="loyalty_project_limits_positive",
                violation_error_message=_("At least one webhook and one record a minute must be let in."),
            ),
            # The platform has one programme of its own.
            models.UniqueConstraint(
                fields=["is_platform"],
                condition=models.Q(is_platform=True),
                name="loyalty_project_one_of_platform",
                violation_error_message=_("The platform has a programme of its own already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check what forms fill in. Here, not as validators of the fields: those would stand in the migrations."""
        errors: dict[str, Any] = {}
        try:
            super().clean_fields(exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for name, check in CHECKS.items():
            if name not in errors and name not in (exclude or ()):
                try:
                    check(getattr(self, name))
                except ValidationError as error:
                    errors[name] = error.error_list
        if errors:
            raise ValidationError(errors)


class ProjectMember(models.Model):
    """A user who runs the shop's programme."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        MANAGER = "manager", _("manager")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.OWNER)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # A user has one role in a project.
            models.UniqueConstraint(fields=["project", "user"], name="loyalty_project_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"
