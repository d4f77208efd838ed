"""What libraries and Django's own naming say is said in Russian too."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.utils.translation import gettext, override
from rest_framework import exceptions, fields, relations, serializers

OUR_ADMINS = ("accounts", "audit", "bus", "bookings", "events", "reviews", "analytics", "notifications", "loyalty")
CYRILLIC = re.compile("[А-Яа-яё]")
# The same in both languages.
SAME = {"id", "№"}


def messages_of_rest_framework() -> set[str]:
    """Every sentence with which a serializer refuses."""
    kinds = {
        one
        for module in (fields, relations, serializers)
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, fields.Field)
    }
    told = {str(text) for one in kinds for text in vars(one).get("default_error_messages", {}).values()}
    errors = (exceptions.NotAuthenticated, exceptions.ParseError, exceptions.ValidationError)
    return told | {str(one.default_detail) for one in errors}


@pytest.mark.parametrize("text", sorted(messages_of_rest_framework()))
def test_refusals_of_input_are_said_in_russian(text: str) -> None:
    with override("ru"):
        assert CYRILLIC.search(gettext(text))


@pytest.mark.parametrize(
    "model_admin",
    [one for model, one in admin.site._registry.items() if model._meta.app_label in OUR_ADMINS],
    ids=lambda one: one.model._meta.label,
)
def test_the_admin_names_everything_in_russian(model_admin: Any) -> None:
    model = model_admin.model
    shown = [*model_admin.list_display, *(model_admin.fields or [field.name for field in model._meta.fields])]
    with override("ru"):
        names = [str(model._meta.verbose_name), str(model._meta.verbose_name_plural)]
        names += [str(label_for_field(name, model, model_admin)) for name in shown]

    assert [name for name in names if name not in SAME and not CYRILLIC.search(name)] == []


@pytest.mark.parametrize("app", settings.OWN_APPS)
def test_the_admin_names_apps_in_russian(app: str) -> None:
    from django.apps import apps

    with override("ru"):
        assert CYRILLIC.search(str(apps.get_app_config(app).verbose_name))
