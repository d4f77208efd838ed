"""What libraries and Django's own naming say is said in Russian too."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.utils.translation import gettext, override
from rest_framework import exceptions, fields, relations, serializers

CYRILLIC = re.compile("[А-Яа-яё]")
LATIN = re.compile("[A-Za-z]")
# The same in both languages.
SAME = {"id", "ID", "Stripe", "Telegram"}


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


def pages_and_inlines() -> list[Any]:
    """Every page of the admin for a model of ours, and every table below one."""
    pages = [one for model, one in admin.site._registry.items() if model._meta.app_label in settings.OWN_APPS]
    return [*pages, *(inline(page.model, admin.site) for page in pages for inline in page.inlines)]


def shown_by(page: Any) -> set[str]:
    """The columns and fields of a page."""
    in_sets = [name for _, fieldset in page.fieldsets or () for name in fieldset["fields"]]
    listed = page.list_display if isinstance(page, admin.ModelAdmin) else ()
    hidden = {name for name, field in page.form.declared_fields.items() if field.widget.is_hidden}
    every = page.fields or in_sets or [field.name for field in page.model._meta.fields]
    return {name for name in (*listed, *every, *page.readonly_fields) if name not in hidden}


def choices_of(model: Any, name: str) -> list[str]:
    field = next((one for one in model._meta.fields if one.name == name), None)
    return [str(label) for _, label in field.flatchoices] if field else []


@pytest.mark.parametrize("page", pages_and_inlines(), ids=lambda one: f"{type(one).__name__}-{one.model._meta.label}")
def test_the_admin_names_everything_in_russian(page: Any) -> None:
    model = page.model
    with override("ru"):
        said = {str(model._meta.verbose_name), str(model._meta.verbose_name_plural)}
        for name in shown_by(page):
            said |= {str(label_for_field(name, model, page)), *choices_of(model, name)}

    assert {one for one in said if one not in SAME and LATIN.search(one) and not CYRILLIC.search(one)} == set()


@pytest.mark.parametrize("app", settings.OWN_APPS)
def test_the_admin_names_apps_in_russian(app: str) -> None:
    from django.apps import apps

    with override("ru"):
        assert CYRILLIC.search(str(apps.get_app_config(app).verbose_name))
