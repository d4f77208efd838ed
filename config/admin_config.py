"""The admin site that every app registers on: second factor forced (see accounts.admin_site)."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "accounts.admin_site.SecondFactorAdminSite"
