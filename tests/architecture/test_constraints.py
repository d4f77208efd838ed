"""Every rule that the database keeps has a name, a sentence and a test."""

import ast

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Model

from tests.architecture.sources import APPS, name, product_modules, text_of_tests, tree

RULES = {"CheckConstraint", "UniqueConstraint", "ExclusionConstraint", "Index"}


def own_models() -> list[type[Model]]:
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


def constraint_names() -> list[tuple[str, str]]:
    """(app, name) of every constraint."""
    return [(model._meta.app_label, one.name) for model in own_models() for one in model._meta.constraints]


def test_a_constraint_is_named_for_its_app_and_fits_postgresql() -> None:
    wrong = [one for app, one in constraint_names() if not one.startswith(f"{app}_") or len(one.encode()) > 63]

    assert wrong == []


def test_every_constraint_is_violated_by_a_test() -> None:
    text = text_of_tests()

    assert [one for _, one in constraint_names() if one not in text] == []


def test_every_constraint_and_index_says_what_it_is_for() -> None:
    silent = []
    for path in product_modules():
        if "models" not in path.parts:
            continue
        lines = path.read_text().splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RULES:
                before = lines[node.lineno - 2].strip()
                if not before.startswith("#"):
                    silent.append(f"{name(path)}:{node.lineno}")

    assert silent == []


@pytest.mark.django_db
def test_the_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
