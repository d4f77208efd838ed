"""The person who signs in."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def verified(self) -> "UserQuerySet":
        return self.filter(email_verified_at__isnull=False)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's commands make users through it; the product through its services."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # knox adds a relation
    """A person, known by e-mail. Staff administer the platform, always with a second factor."""

    class Locale(models.TextChoices):
        RUSSIAN = "ru", _("Russian")
        ENGLISH = "en", _("English")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    display_name = models.CharField(_("name"), max_length=120, blank=True)
    handle = models.CharField(max_length=40, blank=True)
    locale = models.CharField(max_length=5, choices=Locale, default=Locale.RUSSIAN)
    time_zone = models.CharField(max_length=64, default="Europe/Moscow")
    birth_on = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # The person has gone; the row stays for what refers to it.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            # An e-mail belongs to one user, however it is written.
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_unique"),
            # A phone, when given, belongs to one user.
            models.UniqueConstraint(fields=["phone"], condition=~models.Q(phone=""), name="accounts_user_phone_unique"),
            # A handle, when given, belongs to one user.
            models.UniqueConstraint(
                Lower("handle"), condition=~models.Q(handle=""), name="accounts_user_handle_unique"
            ),
            # A phone is written in E.164.
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="accounts_user_phone_e164",
            ),
            # Nothing is left of whoever was erased, and nobody signs in as them.
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=True)
                | models.Q(
                    email__endswith="@erased.invalid",
                    is_active=False,
                    display_name="",
                    handle="",
                    phone="",
                    birth_on__isnull=True,
                ),
                name="accounts_user_erased_is_blank",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.email

    @property
    def public_name(self) -> str:
        """What others may see: the chosen name, never the address."""
        return self.display_name or str(_("Participant"))
