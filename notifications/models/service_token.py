"""Tokens of other services, as notifications see them."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import AccessToken
from notifications.scopes import SERVICE_SCOPES


class ServiceTokenQuerySet(models.QuerySet["ServiceToken"]):
    def for_services(self) -> Self:
        """Those that no user could have made: with a scope that only an administrator gives."""
        given = Q()
        for scope in SERVICE_SCOPES:
            given |= Q(scopes__contains=[scope])
        return self.filter(given).select_related("user")


class ServiceToken(AccessToken):
    """A row of accounts; it stands here for permissions of its own."""

    objects = ServiceTokenQuerySet.as_manager()

    class Meta:
        proxy = True
        default_permissions = ("add", "delete", "view")
        verbose_name = _("service's token")
        verbose_name_plural = _("services' tokens")
